//! A crowd of clients: many ways of ending, dealt out to many connections in an order that a seed decides.

use std::sync::Arc;
use std::time::Duration;

use goodput::{Goodput, ManualStopwatch};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::clients::{Line, Pause, Protocol};
use crate::servers::House;
use crate::settled;
use crate::ways::{A_WHILE, LONG, Way};

/// The clients of one server over one protocol.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) house: Arc<House>,
    pub(crate) protocol: Protocol,
}

/// Requests of a lane in a round.
pub(crate) const DEALT: usize = 5_000;
/// Of these, so many end in each way; plainly served ones make up the rest.
const OF_EACH_WAY: usize = 120;
const OF_EACH_HELD_WAY: usize = 10;

/// Clients of a lane that do one request after the other. Over HTTP/2, four share a connection.
const BUSY_CLIENTS: usize = 8;
/// The most requests of a lane that are held at once.
const HELD_CLIENTS: usize = 100;
/// The seats that the lanes of a house need.
pub(crate) const SEATS: usize = (BUSY_CLIENTS + HELD_CLIENTS) * Protocol::BOTH.len();

/// What was done: how many requests ended in each way, by the number of the way.
pub(crate) type Tally = Vec<u64>;

/// Deals [`DEALT`] requests to every lane and waits until all have ended.
///
/// The stopwatch stands still while requests are served at once. Then it is moved while nothing is in flight but requests
/// that are held, so that how long each took is known exactly.
pub(crate) async fn play_round(
    lanes: &[Lane],
    ways: &Arc<[Way]>,
    goodput: &'static Goodput,
    stopwatch: &ManualStopwatch,
    round: u64,
) -> Tally {
    let standing = Arc::new(Semaphore::new(0));
    let (move_on, moved) = watch::channel(Duration::ZERO);
    let pause = Pause::Together { standing: Arc::clone(&standing), moved };
    let (mut busy, mut held) = (JoinSet::new(), JoinSet::new());
    for (number, lane) in lanes.iter().enumerate() {
        let mut random = Random(round * 1_000 + number as u64);
        let hand = lane.deal(ways, &mut random);
        let first_seat = if lane.protocol == Protocol::Http1 { 0 } else { SEATS / 2 };
        let mut line = Line::connect(&lane.house, lane.protocol).await;
        for (client, share) in hand.busy.chunks(hand.busy.len().div_ceil(BUSY_CLIENTS)).enumerate() {
            if client == BUSY_CLIENTS / 2 {
                line = Line::connect(&lane.house, lane.protocol).await;
            }
            busy.spawn(lane.clone().work_off(share.to_vec(), line.clone(), first_seat + client, ways, &pause));
        }
        for (client, way) in hand.held.iter().enumerate() {
            let seat = first_seat + BUSY_CLIENTS + client;
            held.spawn(lane.clone().work_off(vec![*way], line.clone(), seat, ways, &pause));
        }
    }

    let mut tally = vec![0; ways.len()];
    let mut count = |done: Vec<usize>| done.into_iter().for_each(|way| tally[way] += 1);
    let mut still_held = held.len();
    drop(standing.acquire_many(u32::try_from(still_held).unwrap()).await.unwrap());
    while let Some(done) = busy.join_next().await {
        count(done.unwrap());
    }
    settled(goodput, still_held as u64).await;
    for (step, until) in [(A_WHILE, A_WHILE), (LONG.saturating_sub(A_WHILE), LONG)] {
        stopwatch.advance(step);
        move_on.send(until).unwrap();
        let let_go = lanes.iter().map(|lane| lane.held(ways).filter(|way| ways[*way].held == until).count());
        for _ in 0..let_go.sum::<usize>() * OF_EACH_HELD_WAY {
            count(held.join_next().await.unwrap().unwrap());
            still_held -= 1;
        }
        settled(goodput, still_held as u64).await;
    }
    assert_eq!(still_held, 0);
    tally
}

/// What a lane is to do.
struct Hand {
    busy: Vec<usize>,
    held: Vec<usize>,
}

impl Lane {
    fn held<'a>(&'a self, ways: &'a [Way]) -> impl Iterator<Item = usize> + 'a {
        self.numbers(ways).filter(|way| !ways[*way].held.is_zero())
    }

    fn numbers<'a>(&'a self, ways: &'a [Way]) -> impl Iterator<Item = usize> + 'a {
        (0..ways.len()).filter(|way| ways[*way].exists_on(self.house.server))
    }

    fn deal(&self, ways: &[Way], random: &mut Random) -> Hand {
        let held: Vec<_> = self.held(ways).flat_map(|way| [way; OF_EACH_HELD_WAY]).collect();
        let at_once = self.numbers(ways).filter(|way| ways[*way].held.is_zero());
        let mut busy: Vec<_> = at_once.flat_map(|way| [way; OF_EACH_WAY]).collect();
        assert!(held.len() <= HELD_CLIENTS && busy.len() + held.len() <= DEALT, "{} {}", held.len(), busy.len());
        let served = ways.iter().position(|way| way.name == "served").unwrap();
        busy.resize(DEALT - held.len(), served);
        random.shuffle(&mut busy);
        Hand { busy, held }
    }

    /// One client's requests, one after the other. Returns those that ended as they should.
    fn work_off(
        self,
        share: Vec<usize>,
        mut line: Line,
        seat: usize,
        ways: &Arc<[Way]>,
        pause: &Pause,
    ) -> impl Future<Output = Vec<usize>> + Send + 'static {
        let (ways, pause) = (Arc::clone(ways), pause.clone());
        async move {
            let mut done = Vec::with_capacity(share.len());
            for way in share {
                line.perform(&ways[way], &self.house, seat, &pause).await;
                done.push(way);
            }
            done
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }
}
