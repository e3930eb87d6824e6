//! A program that answers questions for as long as it is asked.

use std::{
    io::{self, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use super::{Cmd, SpawnError};

/// A running program with a pipe to its standard input and one from its output; what it says of errors is not read.
///
/// It is told to end by the end of its input: when this value is dropped, and also when this process dies.
#[derive(Debug)]
pub struct Conversation {
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    child: Child,
}

impl Cmd {
    /// Starts it, to be asked.
    pub fn converse(mut self) -> Result<Conversation, SpawnError> {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = self.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Conversation {
                stdin: Some(stdin),
                stdout: BufReader::new(stdout),
                child,
            }),
            _ => Err(self.failed(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

impl Conversation {
    /// Says something; the answer is to be read from what is returned.
    pub fn ask(&mut self, question: &[u8]) -> io::Result<&mut BufReader<ChildStdout>> {
        let stdin = self.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        stdin.write_all(question)?;
        Ok(&mut self.stdout)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.stdin = None;
        // It ends by itself now; how is of no interest.
        let _ = self.child.wait();
    }
}
