//! What a sender does with what it watches, over a real socket.

use std::collections::VecDeque;
use std::thread;
use std::time::SystemTime;

use super::*;
use crate::address::Address;
use crate::wire::Annotations;

#[path = "../../tests/faults/servers.rs"]
mod servers;

use servers::{Seen, serve};

/// What fires, look by look, and the last of it from then on; nothing for a look that panics.
struct Script {
    looks: VecDeque<Option<Vec<Notice>>>,
    is_over: bool,
    signal: Arc<Signal>,
}

impl Watch for Script {
    fn firing(&mut self) -> Vec<Notice> {
        self.is_over = self.looks.len() == 1;
        let look = if self.looks.len() > 1 { self.looks.pop_front() } else { self.looks.front().cloned() };
        look.flatten().expect("a look that panics")
    }

    /// Something changes with each look of the script.
    fn wait(&mut self, time: Duration) {
        let time = if self.is_over { time } else { time.min(Duration::from_millis(5)) };
        self.signal.stops_within(time);
    }
}

fn notices(names: impl IntoIterator<Item = u32>) -> Vec<Notice> {
    let notice = |name: u32| Notice {
        labels: Labels::from([("slo".to_owned(), format!("{name:03}"))]),
        annotations: Annotations::new(),
        fired_at: SystemTime::UNIX_EPOCH,
        quiet: false,
        told_until: None,
    };
    names.into_iter().map(notice).collect()
}

struct Sent {
    signal: Arc<Signal>,
    status: Arc<Mutex<SinkStatus>>,
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.signal.stop();
        assert!(self.signal.ends_within(Duration::from_secs(5), 0));
    }
}

fn send(address: std::net::SocketAddr, every: Duration, looks: Vec<Option<Vec<Notice>>>) -> Sent {
    let address = Address::read(&format!("http://{address}")).unwrap();
    let signal = Arc::new(Signal::default());
    let status = Arc::new(Mutex::new(SinkStatus::of(address.to_string())));
    let sender = Sender {
        watch: Script { looks: looks.into(), is_over: false, signal: Arc::clone(&signal) },
        line: Line::to(&address, Duration::from_secs(5), None),
        pace: Pace { every, ..Pace::default() },
        generator_url: None,
        signal: Arc::clone(&signal),
        status: Arc::clone(&status),
        timeline: Timeline::system(),
        episodes: Episodes::default(),
        panics: Panics::default(),
        due: Due::default(),
    };
    let runs = signal.runs();
    thread::spawn(move || {
        let _runs = runs;
        sender.run();
    });
    Sent { signal, status }
}

/// A server that answers with these statuses, the last of them from then on.
fn answering(statuses: &'static [u16]) -> (std::net::SocketAddr, Seen) {
    let turn = Mutex::new(0);
    serve(move |stream, _| {
        let mut turn = turn.lock();
        let status = statuses[(*turn).min(statuses.len() - 1)];
        *turn += 1;
        drop(std::io::Write::write_all(
            stream,
            format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n").as_bytes(),
        ));
    })
}

/// The names of each request, once there are so many requests.
#[track_caller]
fn requests(seen: &Seen, count: usize) -> Vec<Vec<String>> {
    for _ in 0..1_000 {
        if seen.bodies().len() >= count {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let names = |body: Vec<u8>| {
        let alerts: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
        alerts.iter().map(|alert| alert["labels"]["slo"].as_str().unwrap().to_owned()).collect()
    };
    seen.bodies().into_iter().map(names).collect()
}

const NEVER: Duration = Duration::from_secs(3_600);

#[test]
fn what_fires_between_rounds_is_sent_at_once_and_alone() {
    let (address, seen) = answering(&[200]);
    let _sent = send(address, NEVER, vec![Some(notices([1])), Some(notices([1])), Some(notices([1, 2]))]);
    assert_eq!(requests(&seen, 2), [vec!["001"], vec!["002"]]);
}

#[test]
fn every_firing_alert_is_sent_each_round() {
    let (address, seen) = answering(&[200]);
    let _sent = send(address, Duration::from_millis(100), vec![Some(notices([1, 2]))]);
    assert_eq!(requests(&seen, 4)[..4], [["001", "002"]; 4]);
}

#[test]
fn many_alerts_go_in_several_requests_and_each_once() {
    let (address, seen) = answering(&[200]);
    let _sent = send(address, NEVER, vec![Some(notices(0..150))]);
    let requests = requests(&seen, 3);
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 22]);
    let mut all: Vec<_> = requests.concat();
    all.dedup();
    assert_eq!(all.len(), 150);
}

#[test]
fn a_failure_that_may_pass_is_tried_again_before_the_next_round_and_stops_the_rest_meanwhile() {
    let (address, seen) = answering(&[200, 503, 200]);
    let _sent = send(address, NEVER, vec![Some(notices(0..150))]);
    let requests = requests(&seen, 4);
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 64, 22]);
    assert_eq!(requests[1], requests[2]);
}

#[test]
fn a_batch_that_is_refused_for_what_it_says_holds_up_no_other() {
    let (address, seen) = answering(&[400, 200]);
    let sent = send(address, NEVER, vec![Some(notices(0..100)), Some(notices(0..100)), Some(notices(0..101))]);
    let requests = requests(&seen, 3);
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [64, 36, 1]);
    assert_eq!(sent.status.lock().last_error.map(|(error, _)| error), Some(SendError::Status(400)));
}

#[test]
fn a_panic_is_counted_and_the_loop_goes_on() {
    let (address, seen) = answering(&[200]);
    // Rounds this short keep the waits after panics short.
    let sent = send(address, Duration::from_millis(100), vec![None, None, None, Some(notices([1]))]);
    assert_eq!(requests(&seen, 1)[0], ["001"]);
    let status = sent.status.lock().clone();
    assert_eq!((status.panics, status.degraded), (3, true));
    assert_eq!(status.last_error.map(|(error, _)| error), Some(SendError::Panicked));
}
