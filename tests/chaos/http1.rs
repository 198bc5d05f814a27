//! A client of HTTP/1.1 that writes and reads bytes, so that it can stop between any two of them.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::clients::Lane;
use crate::ledger::Seen;
use crate::plan::{Manner, Plan, Point, Upload, path};

/// Does one request after the other, on one connection for as long as it lasts.
pub(crate) async fn work_off(lane: Lane, numbers: impl Iterator<Item = usize>) {
    let mut kept = None;
    for number in numbers {
        let plan = lane.scene.plan(number);
        let connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::new(lane.dial(false).await),
        };
        let mut visit = Visit { lane: &lane, number, plan, connection, says_nothing_more: false };
        let seen = match visit.perform().await {
            Ok(Seeing { seen, stays: true }) => {
                kept = Some(visit.connection);
                seen
            }
            Ok(Seeing { seen, stays: false }) => seen,
            // The connection broke. With an upload on the way that is no proof: an early answer may have been lost with it.
            Err(_) if plan.upload.pieces == 0 && !visit.says_nothing_more => Seen::Unanswered,
            Err(_) => Seen::Left,
        };
        lane.scene.ledger.saw(number, seen);
    }
}

struct Connection {
    stream: TcpStream,
    read: BytesMut,
}

/// One request.
struct Visit<'a> {
    lane: &'a Lane,
    number: usize,
    plan: Plan,
    connection: Connection,
    /// It has closed its side, and the server may take that for a client gone.
    says_nothing_more: bool,
}

/// What came of it, and whether the connection can be used again.
struct Seeing {
    seen: Seen,
    stays: bool,
}

impl Seeing {
    const NEVER_SENT: Self = Self { seen: Seen::NeverSent, stays: false };
    const LEFT: Self = Self { seen: Seen::Left, stays: false };
}

/// The head of a response, and how long its body is.
struct Head {
    status: u16,
    outside: Option<&'static [u8]>,
    length: Length,
    closes: bool,
}

enum Length {
    Bytes(usize),
    Chunked,
}

/// The most a client reads once it has closed its side.
const ENOUGH: usize = 1 << 20;

impl Visit<'_> {
    async fn perform(&mut self) -> io::Result<Seeing> {
        let head = self.head();
        if self.plan.leaves.is_some_and(|(point, _)| point == Point::InTheHead) {
            let cut = 1 + self.number % (head.len() - 2);
            self.connection.stream.write_all(&head.as_bytes()[..cut]).await?;
            self.leave().await;
            return Ok(Seeing::NEVER_SENT);
        }
        self.connection.stream.write_all(head.as_bytes()).await?;
        for piece in 0..self.plan.upload.pieces {
            if self.leaves_at(Point::MidUpload) && piece == self.plan.upload.pieces - 1 {
                // In the middle of a piece.
                self.connection.stream.write_all(&self.piece()[..Upload::PIECE / 2]).await?;
                if self.leave().await {
                    return Ok(Seeing::LEFT);
                }
                break;
            }
            self.connection.stream.write_all(&self.piece()).await?;
        }
        if self.plan.upload.pieces > 0 && self.plan.upload.chunked && !self.says_nothing_more {
            self.connection.stream.write_all(b"0\r\n\r\n").await?;
        }
        if self.leaves_at(Point::OnceArrived) {
            let arrived = &self.lane.scene.arrived;
            arrived[self.number % arrived.len()].notified().await;
        }
        if (self.leaves_at(Point::AfterTheRequest) || self.leaves_at(Point::OnceArrived)) && self.leave().await {
            return Ok(Seeing::LEFT);
        }
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<Seeing> {
        let head = loop {
            let head = self.connection.head(self.plan.head).await?;
            if head.status != 100 {
                break head;
            }
        };
        if self.leaves_at(Point::AfterTheHead) && !matches!(head.length, Length::Bytes(0)) && self.leave().await {
            return Ok(Seeing::LEFT);
        }
        let mut read = 0;
        let (mut left, chunked) = match head.length {
            Length::Bytes(bytes) => (bytes, false),
            Length::Chunked => (self.connection.chunk().await?, true),
        };
        while left > 0 {
            let taken = self.connection.some(left).await?;
            (read, left) = (read + taken, left - taken);
            let leaves = match self.plan.leaves {
                _ if self.says_nothing_more => read > ENOUGH,
                Some((Point::AfterBytes(bytes), _)) => read >= bytes && (chunked || left > 0),
                _ => false,
            };
            if leaves && self.leave().await {
                return Ok(Seeing::LEFT);
            }
            // Only now: there may never be another.
            if left == 0 && chunked {
                self.connection.line().await?;
                left = self.connection.chunk().await?;
            }
        }
        if chunked {
            while !self.connection.line().await?.is_empty() {}
        }
        let seen = Seen::whole(head.status, head.outside);
        let leaves = self.leaves_at(Point::AfterTheLastByte);
        if leaves {
            self.leave().await;
        }
        // A server that has answered before it had the whole upload may close the connection without saying so.
        let stays = !leaves && !self.says_nothing_more && !head.closes && self.plan.upload.pieces == 0;
        Ok(Seeing { seen, stays })
    }

    fn leaves_at(&self, here: Point) -> bool {
        !self.says_nothing_more && self.plan.leaves.is_some_and(|(point, _)| point == here)
    }

    /// Leaves as it is meant to. Returns whether that was all: after a half-close it reads on.
    async fn leave(&mut self) -> bool {
        // What goes wrong now goes wrong for somebody who has left.
        match self.plan.leaves {
            Some((_, Manner::HalfClose)) if !self.says_nothing_more => {
                self.says_nothing_more = true;
                drop(self.connection.stream.shutdown().await);
                return false;
            }
            Some((_, Manner::Reset)) => drop(self.connection.stream.set_zero_linger()),
            _ => {}
        }
        true
    }

    fn head(&self) -> String {
        let Plan { deed, upload: Upload { pieces, chunked, .. }, .. } = self.plan;
        let method = match pieces {
            0 if self.plan.head => "HEAD",
            0 => "GET",
            _ => "POST",
        };
        let length = match pieces {
            0 => String::new(),
            _ if chunked => "transfer-encoding: chunked\r\n".to_owned(),
            _ => format!("content-length: {}\r\n", pieces * Upload::PIECE),
        };
        let expect = if pieces > 0 && self.plan.upload.expects_continue { "expect: 100-continue\r\n" } else { "" };
        let path = path(deed, self.number);
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\n{length}{expect}\r\n")
    }

    fn piece(&self) -> Vec<u8> {
        let bytes = vec![b'y'; Upload::PIECE];
        if self.plan.upload.chunked {
            [format!("{:x}\r\n", Upload::PIECE).as_bytes(), &bytes, b"\r\n"].concat()
        } else {
            bytes
        }
    }
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, read: BytesMut::new() }
    }

    /// Reads more.
    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The next line without its end.
    async fn line(&mut self) -> io::Result<BytesMut> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                let line = self.read.split_to(end);
                self.read.advance(2);
                return Ok(line);
            }
            self.more().await?;
        }
    }

    /// The length of the next chunk.
    async fn chunk(&mut self) -> io::Result<usize> {
        let line = self.line().await?;
        Ok(usize::from_str_radix(std::str::from_utf8(&line).unwrap(), 16).unwrap())
    }

    /// Takes some of the next bytes.
    async fn some(&mut self, at_most: usize) -> io::Result<usize> {
        if self.read.is_empty() {
            self.more().await?;
        }
        let taken = self.read.len().min(at_most);
        self.read.advance(taken);
        Ok(taken)
    }

    async fn head(&mut self, to_head: bool) -> io::Result<Head> {
        let first = self.line().await?;
        let status = std::str::from_utf8(&first[9..12]).unwrap().parse().unwrap();
        let (mut length, mut outside, mut closes) = (Length::Bytes(0), None, false);
        loop {
            let line = self.line().await?;
            let Some((name, value)) = std::str::from_utf8(&line).unwrap().split_once(": ") else { break };
            match (name, value) {
                ("content-length", bytes) => length = Length::Bytes(bytes.parse().unwrap()),
                ("transfer-encoding", "chunked") => length = Length::Chunked,
                ("connection", "close") => closes = true,
                ("x-outside", "gave up") => outside = Some(b"gave up".as_slice()),
                ("x-outside", _) => outside = Some(b"caught".as_slice()),
                _ => {}
            }
        }
        if to_head || status < 200 || status == 204 || status == 304 {
            length = Length::Bytes(0);
        }
        Ok(Head { status, outside, length, closes })
    }
}
