//! Which process something is, so that whoever comes after it can see that it is gone. Known on Linux alone (`proc(5)`).

use std::{
    fmt::{Display, Formatter, Result as Formatted},
    fs,
};

/// A process: the kernel and the space of process numbers that it runs in, its number there, and when it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// A number of this boot, and the namespace: a container has numbers of its own.
    world: String,
    number: u32,
    /// In clock ticks since the boot.
    started: u64,
}

impl Process {
    /// This one.
    pub(super) fn of_ours() -> Option<Self> {
        let number = std::process::id();
        let (_, started) = state(number)?;
        Some(Self { world: world()?, number, started })
    }

    /// Reads what was written at the end of a text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.rsplit(' ');
        let (started, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { world: parts.next()?.to_owned(), number, started })
    }

    /// Whether it has ended for sure. Nothing is known of one in another world.
    pub(super) fn is_gone(&self) -> bool {
        let here = world().is_some_and(|world| world == self.world);
        // A process of somebody else's may be hidden, but not from a signal.
        here && match state(self.number) {
            Some((alive, started)) => !alive || started != self.started,
            None => is_no_process(self.number),
        }
    }
}

impl Display for Process {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        write!(f, "{} {} {}", self.world, self.number, self.started)
    }
}

#[cfg(unix)]
fn is_no_process(number: u32) -> bool {
    use rustix::{io::Errno, process::Pid};
    let process = i32::try_from(number).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| rustix::process::test_kill_process(process) == Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn is_no_process(_: u32) -> bool {
    false
}

fn world() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let numbers = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), numbers.to_str()?))
}

/// Whether a process has not ended (one that nobody waited for has), and when it started.
fn state(number: u32) -> Option<(bool, u64)> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The name of the program may have anything in it.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let alive = !matches!(fields.next()?, "Z" | "X");
    Some((alive, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_gone_when_it_ended_and_another_one_has_its_number() {
        let ours = Process::of_ours().expect("a process");
        assert_eq!(Process::read(&format!("a unique name {ours}")), Some(ours.clone()));
        assert!(!ours.is_gone());
        assert!(Process { started: ours.started + 1, ..ours.clone() }.is_gone(), "another one has its number");
        assert!(Process { number: i32::MAX.unsigned_abs(), ..ours.clone() }.is_gone());
        assert!(!Process { world: "elsewhere".to_owned(), ..ours }.is_gone(), "nobody knows");
        for strange in ["", "x", "1", "1 2", "a b c"] {
            assert_eq!(Process::read(strange), None, "{strange}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_was_killed_is_gone_before_anybody_waited_for_them() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("a program");
        let (_, started) = state(child.id()).expect("it is there");
        let process = Process { world: world().expect("a world"), number: child.id(), started };
        assert!(!process.is_gone());
        child.kill().expect("it lives");
        while !process.is_gone() {
            std::thread::yield_now();
        }
        child.wait().expect("an end");
    }
}
