//! In process: a future or a body may be dropped at any point, and the request is counted once.

use std::task::Poll;
use std::thread;
use std::time::Duration;

use goodput::Outcome;
use tokio::sync::oneshot;

use crate::house::{Ended, House, Latency};
use crate::polled::{Polled, frame, head, panics, poll};
use crate::script::{Plan, Step};

const SECOND: Duration = Duration::from_secs(1);
const QUARTER: Duration = Duration::from_millis(250);

/// What a request is that was given up at this age.
fn cancelled_at(age: Duration) -> Ended {
    let older_than = |limit: Duration| if age > limit { "bad (cancelled)" } else { "excluded (cancelled)" };
    let verdicts = [8 * SECOND, Duration::from_millis(300), 2 * SECOND].map(older_than);
    Ended { verdicts: [verdicts[0], verdicts[1], verdicts[2], "excluded (cancelled)"], ..Ended::CANCELLED }
}

#[test]
fn a_call_dropped_before_its_first_poll_is_a_cancelled_request() {
    for age in [Duration::ZERO, SECOND, 10 * SECOND] {
        for polled in Polled::CALLS {
            let house = House::new();
            let answer = polled.ask(&house, &Plan::text(200, "never"));
            house.scene.hand.advance(age);
            drop(answer);
            house.compare(&format!("{polled:?} at {age:?}"), &[(polled.route(), cancelled_at(age))]);
        }
    }
}

#[test]
fn a_request_to_a_router_that_nobody_polls_never_began() {
    let house = House::new();
    drop(Polled::Router.ask(&house, &Plan::text(200, "never")));
    house.compare("dropped unpolled", &[]);
}

#[test]
fn a_handler_dropped_at_any_of_its_awaits_is_cancelled_at_its_age() {
    const AWAITS: usize = 20;
    let plan = Plan::text(200, "").first([Step::Pass(SECOND), Step::Yield].repeat(AWAITS));
    for polled in Polled::ALL {
        for polls in 1..=AWAITS {
            let house = House::new();
            let mut answer = polled.ask(&house, &plan);
            for _ in 0..polls {
                assert!(poll(&mut answer).is_pending());
            }
            drop(answer);
            let age = SECOND * polls as u32;
            house.compare(&format!("{polled:?} after {polls} polls"), &[(polled.route(), cancelled_at(age))]);
        }
        let house = House::new();
        let mut answer = polled.ask(&house, &plan);
        while poll(&mut answer).is_pending() {}
        let slow = ["good", "bad (slow)", "bad (slow)", "good"];
        let served = Ended::new(Outcome::Success, slow, Latency::OfSuccess(AWAITS as u32 * SECOND));
        house.compare(&format!("{polled:?} after all polls"), &[(polled.route(), served)]);
    }
}

/// How a body comes to an end after some frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    IsDropped,
    Fails,
    Panics,
    IsOver,
}

#[test]
fn a_body_is_one_event_after_any_number_of_its_frames() {
    const FRAMES: u32 = 20;
    for polled in Polled::ALL {
        for then in [Then::IsDropped, Then::Fails, Then::Panics, Then::IsOver] {
            for frames in 0..=FRAMES {
                let house = House::new();
                let what = format!("{polled:?} {then:?} after {frames} frames");
                let last = match then {
                    Then::IsDropped => Some(Step::Forever),
                    Then::Fails => Some(Step::Fail),
                    Then::Panics => Some(Step::Panic),
                    Then::IsOver => None,
                };
                let steps = [Step::Data("one"), Step::Pass(QUARTER)].repeat(frames as usize);
                let mut body = head(polled.ask(&house, &Plan::stream(200, steps.into_iter().chain(last)))).into_body();
                for _ in 0..frames {
                    assert_eq!(frame(&mut body), Poll::Ready(Some(Ok(()))), "{what}");
                }
                match then {
                    Then::IsDropped => assert_eq!(frame(&mut body), Poll::Pending, "{what}"),
                    Then::Fails => assert_eq!(frame(&mut body), Poll::Ready(Some(Err(()))), "{what}"),
                    Then::Panics => panics(|| frame(&mut body)),
                    Then::IsOver => assert_eq!(frame(&mut body), Poll::Ready(None), "{what}"),
                }
                let late = QUARTER * frames > 2 * SECOND;
                let ended = match then {
                    Then::IsDropped if late => {
                        Ended { verdicts: ["good", "good", "bad (slow)", "good"], ..Ended::BODY_DROPPED }
                    }
                    Then::IsOver if late => {
                        Ended { verdicts: ["good", "good", "bad (slow)", "good"], ..Ended::SUCCESS }
                    }
                    Then::IsDropped => Ended::BODY_DROPPED,
                    Then::IsOver => Ended::SUCCESS,
                    Then::Fails => Ended::BODY_FAILED,
                    Then::Panics => Ended::BODY_PANICKED,
                };
                let ended = [(polled.route(), ended)];
                // What is over is over before it is dropped.
                if then != Then::IsDropped {
                    house.compare(&what, &ended);
                }
                drop(body);
                house.compare(&what, &ended);
            }
        }
    }
}

#[test]
fn a_response_dropped_unread_is_one_event() {
    for polled in Polled::ALL {
        let house = House::new();
        drop(head(polled.ask(&house, &Plan::text(200, "hello"))));
        house.compare(&format!("{polled:?}"), &[(polled.route(), Ended::BODY_DROPPED)]);
    }
}

#[test]
fn a_future_and_a_body_that_change_threads_are_counted_where_they_end() {
    let plan = Plan::stream(200, [Step::Data("one"), Step::Forever]).first([Step::Yield]);
    for polled in Polled::ALL {
        let house = House::new();
        let (mut unanswered, mut answer) = (polled.ask(&house, &plan), polled.ask(&house, &plan));
        assert!(poll(&mut unanswered).is_pending() && poll(&mut answer).is_pending());
        let elsewhere = thread::spawn(move || {
            drop(unanswered);
            let mut body = head(answer).into_body();
            assert_eq!(frame(&mut body), Poll::Ready(Some(Ok(()))));
            body
        });
        drop(elsewhere.join().unwrap());
        let ended = [Ended::CANCELLED, Ended::BODY_DROPPED].map(|ended| (polled.route(), ended));
        house.compare(&format!("{polled:?}"), &ended);
    }
}

#[tokio::test]
async fn a_request_that_loses_a_race_or_whose_task_is_aborted_is_cancelled() {
    for polled in Polled::ALL {
        let house = House::new();
        let forever = Plan::text(200, "").first([Step::Arrive, Step::Forever]);
        tokio::select! {
            biased;
            _ = polled.ask(&house, &forever) => panic!("it never ends"),
            () = house.scene.arrived.notified() => {}
        }
        house.compare(&format!("{polled:?} lost a race"), &[(polled.route(), Ended::CANCELLED)]);

        let (dropped, was_dropped) = oneshot::channel::<()>();
        let answer = polled.ask(&house, &forever);
        let task = tokio::spawn(async move {
            let _dropped = dropped;
            drop(answer.await);
        });
        house.scene.arrived.notified().await;
        task.abort();
        was_dropped.await.unwrap_err();
        house.has_counted(&format!("{polled:?} aborted"), &[(polled.route(), Ended::CANCELLED); 2]).await;
    }
}
