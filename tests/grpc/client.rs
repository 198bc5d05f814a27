//! Two clients: tonic's, which callers have, and a bare one over HTTP/2 that shows every frame.

use std::net::Shutdown;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::DATE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Response as Answer, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::desk::{Ask, CHAT, GET, LIST, Note, SUM};
use crate::house::{House, PATIENCE};

/// What a generator would write for the desk.
#[derive(Clone, Debug)]
pub(crate) struct Client(Grpc<Channel>);

impl Client {
    pub(crate) async fn connect(house: &House) -> Self {
        Self(Grpc::new(house.channel().await))
    }

    /// It says that it understands compressed messages, and compresses its own.
    pub(crate) fn compressing(self) -> Self {
        Self(self.0.send_compressed(Gzip).accept_compressed(Gzip))
    }

    pub(crate) async fn get(&mut self, ask: Ask) -> Result<Answer<Note>, Status> {
        self.0.ready().await.unwrap();
        self.0.unary(tonic::Request::new(ask), path_of(GET), codec()).await
    }

    pub(crate) async fn list(&mut self, ask: Ask) -> Result<Notes, Status> {
        self.0.ready().await.unwrap();
        let answer = self.0.server_streaming(tonic::Request::new(ask), path_of(LIST), codec()).await;
        answer.map(|answer| Notes(answer.into_inner()))
    }

    pub(crate) async fn sum(&mut self, asks: impl Stream<Item = Ask> + Send + 'static) -> Result<Note, Status> {
        self.0.ready().await.unwrap();
        self.0.client_streaming(tonic::Request::new(asks), path_of(SUM), codec()).await.map(Answer::into_inner)
    }

    pub(crate) async fn chat(&mut self, asks: impl Stream<Item = Ask> + Send + 'static) -> Result<Notes, Status> {
        self.0.ready().await.unwrap();
        let answer = self.0.streaming(tonic::Request::new(asks), path_of(CHAT), codec()).await;
        answer.map(|answer| Notes(answer.into_inner()))
    }
}

/// The notes of a stream.
#[derive(Debug)]
pub(crate) struct Notes(Streaming<Note>);

impl Notes {
    /// The next one.
    pub(crate) async fn next(&mut self) -> String {
        timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap().text
    }

    /// All that are still to come, and the code after them.
    pub(crate) async fn rest(mut self) -> (Vec<String>, Code) {
        let read = async {
            let mut texts = Vec::new();
            while let Some(note) = self.0.next().await {
                match note {
                    Ok(note) => texts.push(note.text),
                    Err(status) => return (texts, status.code()),
                }
            }
            (texts, Code::Ok)
        };
        timeout(PATIENCE, read).await.unwrap()
    }
}

fn path_of(method: &'static str) -> PathAndQuery {
    PathAndQuery::from_static(method)
}

fn codec() -> ProstCodec<Ask, Note> {
    ProstCodec::default()
}

/// A client that takes no part in gRPC.
#[derive(Debug)]
pub(crate) struct Bare {
    sender: http2::SendRequest<Full<Bytes>>,
    socket: std::net::TcpStream,
}

/// All there is to see of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    /// But for the date.
    pub(crate) head: HeaderMap,
    /// Whether the head ended the stream.
    pub(crate) head_only: bool,
    pub(crate) data: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
    /// Whether the stream ended as it should.
    pub(crate) whole: bool,
}

impl Bare {
    pub(crate) async fn connect(house: &House) -> Self {
        let stream = TcpStream::connect(house.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let socket = stream.into_std().unwrap();
        let stream = TcpStream::from_std(socket.try_clone().unwrap()).unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender, socket }
    }

    /// Calls a method, with more header fields. The answer comes with the future.
    pub(crate) fn send(
        &self,
        path: &str,
        fields: &[(&'static str, &'static str)],
        ask: &Ask,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + Send + use<> {
        let mut request = Request::post(format!("http://localhost{path}"));
        for (name, value) in [("te", "trailers"), ("content-type", "application/grpc")].iter().chain(fields) {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(framed(ask))).unwrap();
        let mut sender = self.sender.clone();
        async move {
            sender.ready().await?;
            sender.send_request(request).await
        }
    }

    /// Calls a method, and reads all of the answer.
    pub(crate) async fn call(&self, path: &str, fields: &[(&'static str, &'static str)], ask: &Ask) -> Seen {
        self.try_call(path, fields, ask).await.unwrap()
    }

    /// The same, where the stream may be reset before its head was sent.
    pub(crate) async fn try_call(
        &self,
        path: &str,
        fields: &[(&'static str, &'static str)],
        ask: &Ask,
    ) -> hyper::Result<Seen> {
        let read = async {
            let (head, mut body) = self.send(path, fields, ask).await?.into_parts();
            let head_only = body.is_end_stream();
            let (mut data, mut trailers, mut whole) = (BytesMut::new(), None, true);
            while let Some(frame) = body.frame().await {
                match frame.map(Frame::into_data) {
                    Ok(Ok(bytes)) => data.extend_from_slice(&bytes),
                    Ok(Err(frame)) => trailers = frame.into_trailers().ok(),
                    Err(_) => whole = false,
                }
            }
            let (status, mut head) = (head.status, head.headers);
            head.remove(DATE);
            Ok(Seen { status, head, head_only, data: data.freeze(), trailers, whole })
        };
        timeout(PATIENCE, read).await.unwrap()
    }

    /// Breaks the connection.
    pub(crate) fn hang_up(&self) {
        // It may be broken already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// The message as it goes over the wire: not compressed, its length, its bytes.
fn framed(ask: &Ask) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(ask.encoded_len()).unwrap());
    ask.encode(&mut framed).unwrap();
    framed.freeze()
}
