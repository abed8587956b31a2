//! The real binary as a child process, with settings of its own and nothing of the machine's.

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use super::smtp_sink::SmtpSink;

/// A port of loopback that nobody listens on, for a process that is to be started, and killed, and started again. None that
/// the system gives to outgoing connections (on Linux from 32768 on): one of those could take it meanwhile.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_000;
    const PORTS: u16 = 9_000;
    let offset = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap();
    let port = || FIRST + (offset + NEXT.fetch_add(1, Ordering::SeqCst)) % PORTS;
    let found = std::iter::repeat_with(port)
        .take(usize::from(PORTS))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    found.expect("a free port")
}

/// How to start `pledgepost` for one installation.
pub struct Program {
    environment: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl Program {
    /// A live installation that mails to a sink.
    pub fn live(database_url: &str, sink: &SmtpSink) -> Self {
        Self::sandbox(database_url)
            .with("PLEDGEPOST_SECRET_KEY", "a key for tests and long enough")
            .with("PLEDGEPOST_SMTP_URL", &sink.url())
            .with("PLEDGEPOST_MAIL_FROM", "news@example.org")
    }
    pub fn sandbox(database_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { environment: vec![], folder }.with("DATABASE_URL", database_url).with("PLEDGEPOST_LOG", "warn")
    }
    /// A live installation with Stripe's test key, which both databases take; nothing is mailed and Stripe is not asked.
    pub fn with_test_key(database_url: &str) -> Self {
        Self::sandbox(database_url)
            .with("PLEDGEPOST_SECRET_KEY", "a key for tests and long enough")
            .with("PLEDGEPOST_SMTP_URL", "smtp://127.0.0.1:9")
            .with("PLEDGEPOST_MAIL_FROM", "news@example.org")
            .with("PLEDGEPOST_STRIPE_SECRET_KEY", "sk_test_of_nobody")
            .with("PLEDGEPOST_STRIPE_WEBHOOK_SECRET", "whsec_that_nobody_has")
    }
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }
    /// The last value holds.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }
    /// Writes a file into the working folder; answers its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pledgepost"));
        command.args(args).env_clear().envs(self.environment.iter().cloned()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
    /// Runs a command that must end with 0; answers what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
    /// Runs a command that must end with `code`; answers what it said on standard error.
    pub fn refused(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    }
    pub fn start(&self, args: &[&str]) -> Running {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }
    /// As [`Program::start`], for a process whose files may not grow at times: the system would end it by a signal, where
    /// a full disk only answers with an error.
    pub fn start_that_may_run_full(&self, args: &[&str]) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_pledgepost")]).args(args);
        command.env_clear().envs(self.environment.iter().cloned()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }
}

/// A started child; killed when dropped.
pub struct Running(Child);

impl Running {
    /// How large a file of its may be at most from now on; `None` is no limit. What is larger stays, and cannot be written
    /// beyond that place.
    pub fn limit_files(&self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    }
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
    /// Waits for the end; answers the exit code, none after a signal.
    pub fn wait(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
