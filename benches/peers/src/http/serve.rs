//! The service that is measured: one route, one layer, one thread on one core, until its standard input ends.

use std::io::{BufRead, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::ledger::Ledger;
use crate::peer::Build;
use crate::peers;
use crate::router::App;

/// How often what a peer leaves for later is done: as often as axum-prometheus does it by itself.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Prints its port, then the peer's count for every line it reads; ends when there are no more.
pub fn serve(case: &str, core: usize) -> Result<()> {
    core_affinity::set_for_current(core_affinity::CoreId { id: core });
    let Build::Router(build) = peers::find(case)?.build else { bail!("{case} is not in a router") };
    let App { router, ledger } = build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ledger = Arc::new(ledger);
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("failed to listen")?;
        tell(listener.local_addr()?.port())?;
        if let Some(upkeep) = ledger.left_for_later() {
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(UPKEEP_EVERY).await;
                    upkeep();
                }
            });
        }
        std::thread::spawn(move || answer(&ledger));
        // Without it HTTP/2 waits for acknowledgements that are delayed.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        axum::serve(listener, router).await.context("failed to serve")
    })
}

/// The end of the input is the end of the process that started this one, however it ended.
fn answer(ledger: &Ledger) {
    for line in std::io::stdin().lock().lines() {
        let told =
            line.is_ok() && tell(ledger.counted().map_or_else(|| "-".to_owned(), |count| count.to_string())).is_ok();
        if !told {
            break;
        }
    }
    std::process::exit(0);
}

fn tell(what: impl std::fmt::Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what}")?;
    out.flush().context("nobody listens")
}
