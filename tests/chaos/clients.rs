//! What clients of both protocols have in common: whom they ask, from where, and which requests are theirs.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpSocket, TcpStream};

use crate::service::Scene;

/// A server, and what its clients share.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) scene: Arc<Scene>,
    pub(crate) address: SocketAddr,
    /// Connections made, over all lanes.
    pub(crate) dialled: Arc<AtomicUsize>,
}

impl Lane {
    /// Connects from an address of its own, so that the ports of no address run out while old connections linger.
    pub(crate) async fn dial(&self, resets: bool) -> TcpStream {
        let number = self.dialled.fetch_add(1, Ordering::Relaxed);
        let byte = |shift: u32| 1 + ((number / 251_usize.pow(shift)) % 251) as u8;
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, byte(2), byte(1), byte(0)), 0).into()).unwrap();
        if resets {
            socket.set_zero_linger().unwrap();
        }
        let stream = socket.connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The numbers of one client's requests, of so many clients. Modulo these they are all the same, which tells the handler
    /// whom to wake when it has begun.
    pub(crate) fn share(client: usize, clients: usize, requests: usize) -> impl Iterator<Item = usize> + Send {
        (client..requests).step_by(clients)
    }
}
