//! The stream of orders: what it sends, and what it does to it.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use goodput::{Goodput, Moment};

/// How the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Every fifth order gets lost.
    Losing,
    /// Nothing comes.
    Stalling,
    /// Every tenth order is broken.
    Breaking,
}

/// Some orders, in one piece.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) written: Moment,
    /// How many orders the sender put in.
    pub(crate) expected: u64,
    pub(crate) orders: Vec<Order>,
}

/// An order, which is right if its checksum is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    number: u64,
    checksum: u64,
}

/// What the stream knows it did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) orders: u64,
    pub(crate) lost: u64,
    pub(crate) broken: u64,
}

const ORDERS: u64 = 20;
const PAUSE_MILLIS: u64 = 20;

/// Sends a batch at every pause, in one mood after the other for so many milliseconds.
pub(crate) fn flow(goodput: &Goodput, script: &[(Mood, u64)], sender: &Sender<Batch>) -> Sent {
    let mut sent = Sent::default();
    for &(mood, millis) in script {
        println!("the stream is {}", format!("{mood:?}").to_lowercase());
        for _ in 0..millis / PAUSE_MILLIS {
            if mood != Mood::Stalling {
                let batch = write(goodput, mood, &mut sent);
                if sender.send(batch).is_err() {
                    return sent; // nobody takes them any more
                }
            }
            thread::sleep(Duration::from_millis(PAUSE_MILLIS));
        }
    }
    sent
}

fn write(goodput: &Goodput, mood: Mood, sent: &mut Sent) -> Batch {
    let mut orders: Vec<_> = (sent.orders..sent.orders + ORDERS).map(Order::new).collect();
    sent.orders += ORDERS;
    match mood {
        Mood::Losing => orders.retain(|order| order.number % 5 > 0),
        Mood::Breaking => {
            for order in orders.iter_mut().filter(|order| order.number % 10 == 0) {
                order.checksum ^= 1;
                sent.broken += 1;
            }
        }
        Mood::Well | Mood::Stalling => {}
    }
    sent.lost += ORDERS - orders.len() as u64;
    Batch { written: goodput.now(), expected: ORDERS, orders }
}

impl Order {
    fn new(number: u64) -> Self {
        Self { number, checksum: checksum(number) }
    }

    pub(crate) fn is_right(self) -> bool {
        self.checksum == checksum(self.number)
    }
}

fn checksum(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}
