//! Whatever happens, the transitions of an alert take turns, and people are told of each episode once.
//!
//! - I15: of each alert, fired and resolved take turns, and what emerges fires.
//! - People hear that it is over exactly if they heard that it began, and of each at most once.
//! - I12: without valid events nothing begins to fire.
//! - I17: the same events and ticks give the same transitions.

use std::collections::BTreeMap;
use std::time::Duration;

use goodput_core::{Cause, Mute, Severity, Slo, Transition, Turn, Window};
use proptest::prelude::*;

use crate::house::{House, TICK, row, slo};

#[derive(Clone, Debug)]
enum Happening {
    Traffic { ticks: u64, good: u64, bad: u64 },
    Silence { ticks: u64 },
    Missed { ticks: u32 },
    Asleep { minutes: u64 },
    Muted { minutes: u64 },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1_u64..60, 0_u64..50, 0_u64..6).prop_map(|(ticks, good, bad)| Happening::Traffic { ticks, good, bad }),
        2 => (1_u64..400).prop_map(|ticks| Happening::Silence { ticks }),
        1 => (1_u32..50).prop_map(|ticks| Happening::Missed { ticks }),
        1 => (1_u64..500).prop_map(|minutes| Happening::Asleep { minutes }),
        1 => (1_u64..60).prop_map(|minutes| Happening::Muted { minutes }),
    ]
}

fn run(happenings: &[Happening]) -> Vec<Transition> {
    let rows = [
        row(Severity::Page, Window::H1, Window::M5),
        row(Severity::Page, Window::H6, Window::M30).after(Duration::from_secs(60)),
        row(Severity::Ticket, Window::D1, Window::H2),
    ];
    let own = rows.into_iter().fold(slo(), Slo::alert);
    let house = House::of([own, Slo::availability("loose", "90%")]);
    for happening in happenings {
        match *happening {
            Happening::Traffic { ticks, good, bad } => (0..ticks).for_each(|_| house.step(good, bad)),
            Happening::Silence { ticks } => (0..ticks).for_each(|_| house.step(0, 0)),
            Happening::Missed { ticks } => house.hand.advance(TICK * ticks),
            Happening::Asleep { minutes } => house.hand.suspend(Duration::from_secs(60 * minutes)),
            Happening::Muted { minutes } => {
                drop(house.goodput.mute(Mute::of_all(Duration::from_secs(60 * minutes), "")));
            }
        }
    }
    house.transitions().into_iter().map(|told| (*told).clone()).collect()
}

/// What is told of one alert.
#[derive(Default)]
struct Heard {
    fires: bool,
    told: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn transitions_take_turns_and_people_hear_of_each_episode_once(happenings in prop::collection::vec(happening(), 1..20)) {
        let transitions = run(&happenings);
        let mut alerts: BTreeMap<String, Heard> = BTreeMap::new();
        let mut last = 0;
        for told in &transitions {
            prop_assert_eq!(told.number, last + 1);
            last = told.number;
            let heard = alerts.entry(format!("{} {}", told.alert.slo, told.alert.cause)).or_default();
            match told.change {
                Turn::Fired => {
                    prop_assert!(!heard.fires && !heard.told, "{told}");
                    (heard.fires, heard.told) = (true, told.notifies);
                    let is_row = matches!(told.alert.cause, Cause::Row(_));
                    let valid = told.alert.evaluation.is_none_or(|now| now.long.value().is_some());
                    prop_assert!(!is_row || valid, "fired without events: {told}");
                }
                Turn::Emerged => {
                    prop_assert!(heard.fires && !heard.told && told.notifies, "{told}");
                    heard.told = true;
                }
                Turn::Resolved(_) => {
                    prop_assert!(heard.fires && told.notifies == heard.told, "{told}");
                    *heard = Heard::default();
                }
                _ => unreachable!("no other change"),
            }
        }
        let texts = |told: &[Transition]| told.iter().map(|told| format!("{:?} {told}", told.at)).collect::<Vec<_>>();
        prop_assert_eq!(texts(&transitions), texts(&run(&happenings)));
    }
}
