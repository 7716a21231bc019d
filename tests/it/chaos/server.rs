//! A PostgreSQL of its own, since it is restarted.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

pub(super) struct Server {
    child: Child,
    /// Closing it ends the server.
    input: Option<ChildStdin>,
    pub(super) port: u16,
    restart: String,
}

impl Server {
    pub(super) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/with-postgres");
        let mut child = Command::new(script)
            .args(["sh", "-c", "echo \"$TEST_POSTGRES_URL $TEST_POSTGRES_RESTART\"; read _"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a script");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let (url, restart) = line.trim().split_once(' ').expect("an address and a program");
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok()).expect("a port");
        Self { input: child.stdin.take(), port, restart: restart.to_owned(), child }
    }

    pub(super) fn url(port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// As when it crashes: nobody is said goodbye to.
    pub(super) fn restart(&self) {
        let restarted = Command::new(&self.restart).arg("immediate").status().expect("a program");
        assert!(restarted.success(), "the server is there again");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
