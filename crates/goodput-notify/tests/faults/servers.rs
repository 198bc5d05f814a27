//! Servers that are no Alertmanager, on real sockets: each does one thing to whoever connects.

#![expect(dead_code, reason = "no file of tests meets every kind of server")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use goodput_core::Timeline;
use parking_lot::Mutex;

/// What a server has seen and done.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    requests: Vec<Duration>,
    bodies: Vec<Vec<u8>>,
    written: usize,
}

impl Seen {
    /// When each request came, on the server's own clock.
    pub(crate) fn requests(&self) -> Vec<Duration> {
        self.0.lock().requests.clone()
    }

    /// What each request carried.
    pub(crate) fn bodies(&self) -> Vec<Vec<u8>> {
        self.0.lock().bodies.clone()
    }

    /// Bytes that the kernel took for clients.
    pub(crate) fn written(&self) -> usize {
        self.0.lock().written
    }
}

/// A server that has `answer` deal with each connection once a whole request has come. It lives as long as the process.
pub(crate) fn serve(answer: impl Fn(&mut TcpStream, &Seen) + Send + Sync + 'static) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, answer, clock) = (Seen::default(), Arc::new(answer), Timeline::system());
    let all = seen.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (seen, answer, clock) = (seen.clone(), Arc::clone(&answer), clock.clone());
            thread::spawn(move || {
                while let Some(body) = read_request(&mut stream) {
                    let mut inner = seen.0.lock();
                    inner.requests.push(clock.now().since_origin());
                    inner.bodies.push(body);
                    drop(inner);
                    answer(&mut stream, &seen);
                }
            });
        }
    });
    (address, all)
}

/// A server whose answer is always the same.
pub(crate) fn say(text: &'static str) -> (SocketAddr, Seen) {
    serve(move |stream, _| drop(stream.write_all(text.as_bytes())))
}

/// As [`say`], and then the connection is closed.
pub(crate) fn say_and_leave(text: &'static str) -> (SocketAddr, Seen) {
    serve(move |stream, _| {
        drop(stream.write_all(text.as_bytes()));
        drop(stream.shutdown(std::net::Shutdown::Both));
    })
}

/// Answers in plain words whatever comes first, as a server of HTTP does where TLS knocks.
pub(crate) fn no_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            drop(stream.read(&mut [0; 4096]));
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
        }
    });
    address
}

/// Accepts, and never says a word.
pub(crate) fn black_hole() -> (SocketAddr, Seen) {
    serve(|_, _| thread::park())
}

/// Says a byte now and then, for ever.
pub(crate) fn slow_loris() -> (SocketAddr, Seen) {
    serve(|stream, _| {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".iter().chain(std::iter::repeat(&b'.'));
        for byte in text {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    })
}

/// Says a gigabyte, to whoever listens.
pub(crate) fn flood(head: &'static str) -> (SocketAddr, Seen) {
    serve(move |stream, seen| {
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        let part = vec![b'x'; 64 * 1024];
        for _ in 0..(1 << 30) / part.len() {
            match stream.write(&part) {
                Ok(written) => seen.0.lock().written += written,
                Err(_) => return,
            }
        }
    })
}

/// The address of a port that nobody listens on.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The body of the next request; nothing once the client has gone.
fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut text, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let head = text.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(head) = head {
            let length = std::str::from_utf8(text.get(..head)?).ok()?.to_lowercase();
            let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if text.len() >= head + 4 + length.unwrap_or(0) {
                return Some(text.split_off(head + 4));
            }
        }
        match stream.read(&mut part).ok()? {
            0 => return None,
            read => text.extend_from_slice(part.get(..read)?),
        }
    }
}
