//! Many clients at once, each making calls of every kind.

use tokio::task::JoinSet;

use crate::client::{Bare, Client};
use crate::counted::assert_counts;
use crate::desk::{Ask, GET, LIST, SUM};
use crate::scene::{CODES, CodeRow, Scene, lines};

/// What a client does, and what has to be counted of it.
#[derive(Clone, Copy, Debug)]
enum Way {
    Unary(CodeRow),
    /// A stream that ends with this code after two notes.
    Stream(CodeRow),
    /// A stream that its client leaves after the first note.
    LeftStream,
    ClientStream,
    /// Tonic gives it up.
    TimedOut,
    Unserved,
}

fn ways() -> impl Iterator<Item = Way> {
    let others = [Way::LeftStream, Way::ClientStream, Way::TimedOut, Way::Unserved];
    CODES.into_iter().flat_map(|row| [Way::Unary(row), Way::Stream(row)]).chain(others)
}

impl Way {
    async fn go(self, client: &mut Client, bare: &Bare) {
        let code = |row: CodeRow| Ask { code: row.code.into(), ..Ask::default() };
        let two_notes = Ask { notes: 2, ..Ask::default() };
        let waiting = Ask { wait: true, ..Ask::default() };
        match self {
            Self::Unary(row) => drop(client.get(code(row)).await),
            Self::Stream(row) => {
                let ended = client.list(Ask { notes: 2, ..code(row) }).await.unwrap().rest().await;
                assert_eq!(ended.1, row.code);
            }
            Self::LeftStream => {
                let mut notes = client.list(Ask { wait: true, ..two_notes }).await.unwrap();
                assert_eq!(notes.next().await, "0");
            }
            Self::ClientStream => {
                let sum = client.sum(tokio_stream::iter([two_notes.clone(), two_notes])).await;
                assert_eq!(sum.unwrap().text, "4");
            }
            Self::TimedOut => {
                let seen = bare.call(GET, &[("grpc-timeout", "5m")], &waiting).await;
                assert_eq!(seen.head["grpc-status"], "1");
            }
            Self::Unserved => {
                bare.call("/house.Desk/Nothing", &[], &two_notes).await;
            }
        }
    }

    fn lines(self) -> Vec<String> {
        let stream = |route, outcome| [lines(route, outcome, "good", "good"), vec![format!("{route} stream")]].concat();
        let (mut lines, to_the_end) = match self {
            Self::Unary(row) => (row.lines(GET), row.available),
            Self::Stream(row) => {
                let mut lines = stream(LIST, row.outcome);
                lines.extend(row.error.map(|error| format!("{LIST} error {error}")));
                (lines, row.available)
            }
            Self::LeftStream => (stream(LIST, "body_dropped"), "good"),
            Self::ClientStream => (stream(SUM, "success"), "good"),
            Self::TimedOut => {
                let cancelled = "excluded (cancelled)";
                (lines(GET, "cancelled", cancelled, cancelled), cancelled)
            }
            Self::Unserved => {
                let not_found = "excluded (not_found)";
                let mut lines = lines("unmatched", "server_error", not_found, not_found);
                lines.push("unmatched error UNIMPLEMENTED".to_owned());
                (lines, not_found)
            }
        };
        lines.push(format!("to-the-end: {to_the_end}"));
        lines
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_thousand_mixed_calls_are_counted_to_the_unit() {
    const LANES: usize = 11;
    const ROUNDS: usize = 5;
    let scene = Scene::following_streams();
    let house = scene.open().await;
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let (mut client, bare) = (Client::connect(&house).await, Bare::connect(&house).await);
        lanes.spawn(async move {
            for _ in 0..ROUNDS {
                for way in ways() {
                    way.go(&mut client, &bare).await;
                }
            }
        });
    }
    lanes.join_all().await;
    let each: Vec<_> = ways().flat_map(Way::lines).collect();
    let all = vec![each; LANES * ROUNDS].concat();
    assert_counts(&scene.goodput, "all of them", all).await;
    let begun: u64 = scene.goodput.status().routes.iter().map(|route| route.begun).sum();
    assert_eq!(begun as usize, ways().count() * LANES * ROUNDS);
    assert!(begun > 2_000);
}
