//! A real Alertmanager on a port of its own, and where its notifications go.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, State};
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::Value;

const PROGRAM: &str = "prometheus-alertmanager";

/// Whether there is one. Says why the test is skipped if not, past the harness, which would keep it to itself.
pub(crate) fn is_there() -> bool {
    let version = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_ok_and(|status| status.success()) {
        return true;
    }
    let required = std::env::var_os("GOODPUT_REQUIRE_ALERTMANAGER").is_some_and(|value| value == "1");
    assert!(!required, "{PROGRAM} is not there, and GOODPUT_REQUIRE_ALERTMANAGER says that it must be");
    let mut out = std::io::stdout().lock();
    std::io::Write::write_all(&mut out, b"SKIPPED alertmanager: prometheus-alertmanager is not installed\n").unwrap();
    false
}

/// An Alertmanager that can be stopped and started again with what it wrote to its disk.
///
/// Each alert is a group of its own, and what a group has to tell is told after a second where the default is 30 s for the first and
/// five minutes for what follows.
pub(crate) struct Alertmanager {
    address: SocketAddr,
    folder: tempfile::TempDir,
    child: Option<Child>,
    receiver: Receiver,
}

impl Alertmanager {
    /// Runs.
    pub(crate) fn start() -> Self {
        let mut alertmanager = Self::stopped();
        alertmanager.run();
        alertmanager
    }

    /// Does not run yet.
    pub(crate) fn stopped() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start();
        let config = format!(
            "route: {{receiver: all, group_by: ['...'], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}\n\
             receivers: [{{name: all, webhook_configs: [{{url: 'http://{}/', send_resolved: true}}]}}]\n",
            receiver.address
        );
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { address, folder, child: None, receiver }
    }

    pub(crate) fn run(&mut self) {
        let folder = self.folder.path();
        let child = Command::new(PROGRAM)
            .arg(format!("--config.file={}", folder.join("config.yml").display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={}", self.address))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn();
        self.child = Some(child.unwrap());
        for _ in 0..1_000 {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        unreachable!("no answer from alertmanager within ten seconds: {log}");
    }

    /// As a machine that is maintained stops it: it writes down what it has told.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let told = Command::new("kill").arg(child.id().to_string()).status();
            assert!(told.unwrap().success());
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has told so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.receiver.told.lock().clone()
    }

    /// What it has told once that is so much.
    #[track_caller]
    pub(crate) fn tells(&self, count: usize) -> Vec<Told> {
        for _ in 0..1_500 {
            let told = self.told();
            if told.len() >= count {
                return told;
            }
            thread::sleep(Duration::from_millis(10));
        }
        unreachable!("{count} notifications expected within 15 s: {:?}", self.told());
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// One alert of one notification.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// `firing` or `resolved`.
    pub(crate) status: String,
    /// The alert as the webhook has it.
    pub(crate) alert: Value,
}

impl Told {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.alert["labels"][name].as_str().unwrap_or_default()
    }

    pub(crate) fn annotation(&self, name: &str) -> &str {
        self.alert["annotations"][name].as_str().unwrap_or_default()
    }
}

/// The webhook.
struct Receiver {
    address: SocketAddr,
    told: Arc<Mutex<Vec<Told>>>,
    // Ends with its last owner.
    _runtime: tokio::runtime::Runtime,
}

impl Receiver {
    fn start() -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", post(hear)).with_state(Arc::clone(&told));
        runtime.spawn(async { axum::serve(listener, app).await });
        Self { address, told, _runtime: runtime }
    }
}

async fn hear(State(told): State<Arc<Mutex<Vec<Told>>>>, Json(notification): Json<Value>) {
    let alerts = notification["alerts"].as_array().cloned().unwrap_or_default();
    let alerts = alerts.into_iter().map(|alert| {
        let status = alert["status"].as_str().unwrap_or_default().to_owned();
        Told { status, alert }
    });
    told.lock().extend(alerts);
}
