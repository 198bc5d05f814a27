//! Real clients: what each does on its connection, and what it has to see there.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use goodput::ManualStopwatch;
use http::header::HOST;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;

use crate::servers::{House, Server};
use crate::ways::{Client, Stands, Way};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    pub(crate) const BOTH: [Self; 2] = [Self::Http1, Self::Http2];
}

/// One client's connection. Clones share it over HTTP/2, and connect anew over HTTP/1.1.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    address: SocketAddr,
    protocol: Protocol,
    connection: Connection,
    /// How often it had to connect.
    pub(crate) dialled: u32,
}

#[derive(Debug)]
enum Connection {
    None,
    Http1 { sender: http1::SendRequest<Full<Bytes>>, _driver: Driver },
    Http2(http2::SendRequest<Full<Bytes>>, Arc<Driver>),
}

impl Clone for Connection {
    fn clone(&self) -> Self {
        match self {
            Self::Http2(sender, driver) => Self::Http2(sender.clone(), Arc::clone(driver)),
            Self::None | Self::Http1 { .. } => Self::None,
        }
    }
}

/// The task that moves a connection's bytes. The connection is closed when it is dropped.
#[derive(Debug)]
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Pending = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

impl Line {
    pub(crate) async fn connect(house: &House, protocol: Protocol) -> Self {
        let mut line = Self { address: house.address, protocol, connection: Connection::None, dialled: 0 };
        line.dial().await;
        line
    }

    async fn dial(&mut self) {
        self.dialled += 1;
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let io = TokioIo::new(stream);
        self.connection = match self.protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await.unwrap();
                let driver = tokio::spawn(connection.with_upgrades()).abort_handle();
                Connection::Http1 { sender, _driver: Driver(driver) }
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
                Connection::Http2(sender, Arc::new(Driver(tokio::spawn(connection).abort_handle())))
            }
        };
    }

    /// Sends a request, on a new connection if the last one is gone. The answer comes with the future.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Pending {
        if matches!(self.connection, Connection::None) {
            self.dial().await;
        }
        match &mut self.connection {
            Connection::Http1 { sender, .. } => {
                sender.ready().await.unwrap();
                Box::pin(sender.send_request(request))
            }
            Connection::Http2(sender, _) => {
                sender.ready().await.unwrap();
                Box::pin(sender.send_request(request))
            }
            Connection::None => unreachable!("it was just dialled"),
        }
    }

    /// Closes an HTTP/1.1 connection, which carries nothing else. Over HTTP/2 the stream has been reset already.
    fn hang_up(&mut self) {
        if self.protocol == Protocol::Http1 {
            self.connection = Connection::None;
        }
    }

    pub(crate) fn request(&self, method: &Method, path: &str) -> Request<Full<Bytes>> {
        let request = Request::builder().method(method);
        let request = match self.protocol {
            Protocol::Http1 => request.uri(path).header(HOST, "localhost"),
            Protocol::Http2 => request.uri(format!("http://localhost{path}")),
        };
        let body = if *method == Method::POST { Bytes::from_static(b"payload") } else { Bytes::new() };
        request.body(Full::new(body)).unwrap()
    }

    /// Does one request this way from a seat of its own, and sees what there has to be to see.
    pub(crate) async fn perform(&mut self, way: &Way, house: &House, seat: usize, pause: &Pause) {
        let path = way.path.replace("{seat}", &seat.to_string());
        let request = self.request(&way.method, &path);
        let what = format!("{} on {:?} over {:?}", way.name, house.server, self.protocol);
        let seat = &house.seats[seat];
        let mut pending = pin!(self.send(request).await);

        if way.stands == Stands::BeforeTheHead {
            tokio::select! {
                early = &mut pending => panic!("{what}: {early:?} before the handler was let go"),
                () = seat.arrived.notified() => {}
            }
            pause.stand(way.held).await;
            if way.client == Client::LeavesBeforeTheHead {
                pending.set(Box::pin(std::future::pending()));
                return self.hang_up();
            }
            seat.release.notify_one();
        }

        let caught = way.client == Client::SeesThePanic && house.server == Server::Axum;
        if matches!(way.client, Client::GetsNoAnswer | Client::SeesThePanic) && !caught {
            let answer = pending.await;
            assert!(answer.is_err(), "{what}: {answer:?}");
            return self.hang_up();
        }
        let answer = pending.await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let (status, text) = match way.client {
            Client::Reads(status, text) => (status, text),
            _ if caught => (500, ""),
            _ => (200, ""),
        };
        assert_eq!(answer.status(), status, "{what}");
        let mut body = answer.into_body();
        let mut read = Vec::new();

        if way.stands == Stands::MidBody {
            let frame = body.frame().await.unwrap().unwrap_or_else(|error| panic!("{what}: {error:?}"));
            read.extend_from_slice(frame.data_ref().unwrap());
            pause.stand(way.held).await;
            if way.client == Client::LeavesMidBody {
                drop(body);
                return self.hang_up();
            }
            seat.release.notify_one();
        }

        let rest = body.collect().await;
        if way.client == Client::SeesItTorn {
            assert!(rest.is_err(), "{what}: the body ended well");
            return self.hang_up();
        }
        read.extend_from_slice(&rest.unwrap_or_else(|error| panic!("{what}: {error:?}")).to_bytes());
        assert_eq!(String::from_utf8_lossy(&read), text, "{what}");
    }
}

/// How time passes for a request that is held.
#[derive(Clone, Debug)]
pub(crate) enum Pause {
    /// It is the only one: it moves the stopwatch itself.
    Alone(ManualStopwatch),
    /// It waits among others for the stopwatch to be moved.
    Together {
        /// Gets a permit from each request that stands.
        standing: Arc<Semaphore>,
        /// How far the stopwatch was moved since all stood.
        moved: watch::Receiver<Duration>,
    },
}

impl Pause {
    async fn stand(&self, held: Duration) {
        if held.is_zero() {
            return;
        }
        match self {
            Self::Alone(stopwatch) => stopwatch.advance(held),
            Self::Together { standing, moved } => {
                standing.add_permits(1);
                moved.clone().wait_for(|moved| *moved >= held).await.unwrap();
            }
        }
    }
}
