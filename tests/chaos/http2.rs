//! Clients of HTTP/2 that share a connection, and reset streams, or all of it, where they like.

use std::sync::Arc;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Error, Reason, RecvStream, SendStream};
use http::{Method, Request, Version};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

use crate::clients::Lane;
use crate::ledger::Seen;
use crate::plan::{Manner, Plan, Point, Upload, path};
use crate::random::Random;
use crate::servers::OUTSIDE;

/// A connection that some clients share, if there is one.
pub(crate) type Shared = Arc<Mutex<Option<Connection>>>;

#[derive(Clone, Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Bytes>,
    /// The task that moves its bytes. The connection is closed with it.
    driver: AbortHandle,
}

/// Does one request after the other.
pub(crate) async fn work_off(lane: Lane, shared: Shared, numbers: impl Iterator<Item = usize>) {
    for number in numbers {
        let plan = lane.scene.plan(number);
        let seen = loop {
            let mut connection = lane.connect(&shared).await;
            // One that is going down takes no more requests.
            if let Ok(sender) = connection.sender.clone().ready().await {
                connection.sender = sender;
                let mut visit = Visit { lane: &lane, number, plan, connection };
                break match visit.perform().await {
                    Ok(seen) => seen,
                    // A reset is about this stream alone: the server's, or our own half's when it finds a wrong length.
                    // Everything else is about the connection, which somebody else may have closed.
                    Err(error) if error.is_reset() => Seen::Unanswered,
                    Err(_) => Seen::Left,
                };
            }
            connection.driver.abort();
            shared.lock().await.take_if(|shared| shared.driver.id() == connection.driver.id());
        };
        lane.scene.ledger.saw(number, seen);
    }
}

impl Lane {
    async fn connect(&self, shared: &Shared) -> Connection {
        let mut shared = shared.lock().await;
        if let Some(connection) = &*shared {
            return connection.clone();
        }
        let number = self.dialled.load(std::sync::atomic::Ordering::Relaxed);
        let stream = self.dial(number.is_multiple_of(2)).await;
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        let driver = tokio::spawn(connection).abort_handle();
        shared.insert(Connection { sender, driver }).clone()
    }
}

/// One request.
struct Visit<'a> {
    lane: &'a Lane,
    number: usize,
    plan: Plan,
    connection: Connection,
}

impl Visit<'_> {
    async fn perform(&mut self) -> Result<Seen, Error> {
        let plan = self.plan;
        let (mut answer, mut sending) = self.connection.sender.send_request(self.request(), plan.upload.pieces == 0)?;
        for piece in 1..=plan.upload.pieces {
            let last = piece == plan.upload.pieces;
            if last && self.leaves_at(Point::MidUpload) {
                tokio::task::yield_now().await;
                return Ok(self.leave(&mut sending));
            }
            let sent = sending.send_data(Bytes::from(vec![b'y'; Upload::PIECE]), last);
            if sent.is_err() {
                // The server has answered or reset the stream, and wants no more of it.
                break;
            }
        }
        if self.leaves_at(Point::OnceArrived) {
            let arrived = &self.lane.scene.arrived;
            tokio::select! {
                () = arrived[self.number % arrived.len()].notified() => {}
                // There is none, so this is the end of the connection.
                gone = &mut answer => drop(gone?),
            }
        }
        if [Point::InTheHead, Point::AfterTheRequest, Point::OnceArrived].into_iter().any(|point| self.leaves_at(point))
        {
            return Ok(self.leave(&mut sending));
        }
        let (head, mut body) = answer.await?.into_parts();
        if self.leaves_at(Point::AfterTheHead) && !body.is_end_stream() {
            return Ok(self.leave(&mut sending));
        }
        let mut read = 0;
        while let Some(data) = body.data().await {
            read += give_back(&mut body, &data?)?;
            if matches!(plan.leaves, Some((Point::AfterBytes(bytes), _)) if read >= bytes) && !body.is_end_stream() {
                return Ok(self.leave(&mut sending));
            }
        }
        body.trailers().await?;
        if self.leaves_at(Point::AfterTheLastByte) {
            self.leave(&mut sending);
        }
        let outside = head.headers.get(OUTSIDE).map(http::HeaderValue::as_bytes);
        Ok(Seen::whole(head.status.as_u16(), outside))
    }

    fn leaves_at(&self, here: Point) -> bool {
        self.plan.leaves.is_some_and(|(point, _)| point == here)
    }

    /// Leaves as it is meant to, and seldom takes the others with it.
    fn leave(&self, sending: &mut SendStream<Bytes>) -> Seen {
        let random = &mut Random::new(self.number as u64);
        match self.plan.leaves {
            Some((_, Manner::Close | Manner::Reset)) if random.percent(10) => self.connection.driver.abort(),
            Some((_, Manner::Drop)) => {}
            _ => sending.send_reset(random.pick(&[
                Reason::CANCEL,
                Reason::NO_ERROR,
                Reason::INTERNAL_ERROR,
                Reason::PROTOCOL_ERROR,
                Reason::REFUSED_STREAM,
            ])),
        }
        Seen::Left
    }

    fn request(&self) -> Request<()> {
        let Plan { deed, head, upload: Upload { pieces, .. }, .. } = self.plan;
        let method = match pieces {
            0 if head => Method::HEAD,
            0 => Method::GET,
            _ => Method::POST,
        };
        let request = Request::builder().version(Version::HTTP_2).method(method);
        request.uri(format!("http://localhost{}", path(deed, self.number))).body(()).unwrap()
    }
}

/// Lets the server send as many bytes again.
fn give_back(body: &mut RecvStream, data: &Bytes) -> Result<usize, Error> {
    body.flow_control().release_capacity(data.len())?;
    Ok(data.len())
}
