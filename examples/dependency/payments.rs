//! Payments: somebody else's service, which has its moods.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use tokio::sync::watch;
use tokio::time::sleep;

/// How payments are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Mood {
    /// One attempt in ten fails.
    #[default]
    Well,
    /// Every attempt fails at once.
    Failing,
    /// No attempt is answered.
    Hanging,
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Well => "well, but for one attempt in ten",
            Self::Failing => "failing",
            Self::Hanging => "hanging",
        })
    }
}

/// The provider, with its own book.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payments {
    mood: watch::Sender<Mood>,
    charged: Arc<AtomicU64>,
    received: Arc<AtomicU64>,
}

impl Payments {
    /// What it serves.
    pub(crate) fn router(&self) -> Router {
        let payments = self.clone();
        Router::new().route("/charge", post(async move || payments.charge().await))
    }

    pub(crate) fn become_(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// Charges that were answered well, as payments know it.
    pub(crate) fn charged(&self) -> u64 {
        self.charged.load(Ordering::Relaxed)
    }

    async fn charge(&self) -> StatusCode {
        let (mood, received) = (*self.mood.borrow(), self.received.fetch_add(1, Ordering::Relaxed));
        match mood {
            Mood::Failing => return StatusCode::SERVICE_UNAVAILABLE,
            Mood::Well if received.is_multiple_of(10) => return StatusCode::INTERNAL_SERVER_ERROR,
            Mood::Hanging => std::future::pending().await,
            Mood::Well => {}
        }
        sleep(Duration::from_millis(5)).await;
        self.charged.fetch_add(1, Ordering::Relaxed);
        StatusCode::OK
    }
}
