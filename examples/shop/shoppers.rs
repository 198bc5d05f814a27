//! The clients: a hundred shoppers who think, click and sometimes give up, and a load balancer that asks for health.

use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::connection::{Answer, Connection};
use crate::dice::Dice;
use crate::routes::{CART, CHECKOUT, HEALTH, HOME, PRODUCT, PRODUCTS};
use crate::script::Phase;
use crate::slos::Promises;
use crate::tally::Tally;

const SHOPPERS: u64 = 100;

/// One round through the shop.
const ROUND: [&str; 7] = [HOME, PRODUCT, PRODUCT, PRODUCT, PRODUCT, CART, CHECKOUT];

/// Sends everybody to the shop until the show is over, and returns what they all have seen.
pub(crate) async fn shop_until_over(
    address: SocketAddr,
    phase: watch::Receiver<Phase>,
    promises: Promises,
) -> anyhow::Result<Tally> {
    let mut clients = JoinSet::new();
    clients.spawn(ask_for_health(address, phase.clone()));
    for number in 0..SHOPPERS {
        clients.spawn(go_shopping(address, phase.clone(), promises.clone(), number));
    }
    let mut sum = Tally::default();
    while let Some(tally) = clients.join_next().await {
        sum += tally??;
    }
    Ok(sum)
}

/// Each shopper has a connection of their own, and opens a new one after giving up.
async fn go_shopping(
    address: SocketAddr,
    phase: watch::Receiver<Phase>,
    promises: Promises,
    number: u64,
) -> anyhow::Result<Tally> {
    let dice = Dice::new(number << 32);
    let mut tally = Tally::default();
    let mut connection = Connection::open(address).await?;
    let starts_at = dice.roll(ROUND.len() as u64) as usize;
    for &route in ROUND.iter().cycle().skip(starts_at) {
        sleep(dice.millis(20, 180)).await;
        if *phase.borrow() == Phase::Over {
            break;
        }
        let sent = Instant::now();
        let status = match route {
            CHECKOUT => match connection.post_impatiently(CHECKOUT, dice.millis(400, 1_600)).await? {
                Answer::Received(status, still_open) => {
                    connection = still_open;
                    status
                }
                Answer::GaveUp => {
                    tally.gave_up(CHECKOUT);
                    connection = Connection::open(address).await?;
                    continue;
                }
            },
            CART => connection.post(CART).await?,
            PRODUCT => look_at_a_product(&mut connection, &dice).await?,
            _ => connection.get(route).await?,
        };
        tally.received(route, status, promises.were_kept(route, sent.elapsed()));
    }
    Ok(tally)
}

/// One link in a hundred leads to a product that does not exist.
async fn look_at_a_product(connection: &mut Connection, dice: &Dice) -> anyhow::Result<StatusCode> {
    let id = dice.roll(PRODUCTS + PRODUCTS / 100);
    connection.get(&format!("/products/{id}")).await
}

async fn ask_for_health(address: SocketAddr, phase: watch::Receiver<Phase>) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut connection = Connection::open(address).await?;
    while *phase.borrow() != Phase::Over {
        let status = connection.get(HEALTH).await?;
        tally.received(HEALTH, status, true); // nothing was promised
        sleep(Duration::from_millis(200)).await;
    }
    Ok(tally)
}
