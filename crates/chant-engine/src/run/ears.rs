//! Everybody who hears what an agent tells while it works: the journal, the log, whoever watches, and those who look for what
//! a person has to know.

use std::cell::RefCell;

use chant_agent::AgentEvent;
use chant_agent::recording::Recorder;
use chant_os::file::Appender;

use super::unlisted::Unlisted;
use crate::budget::Meter;
use crate::error::Error;
use crate::event::Event;
use crate::journal::{Journal, RunRecord, write_event};
use crate::sandbox::Denials;

/// One process's listeners.
pub(super) struct Ears<'r, 'p> {
    pub(super) meter: &'r RefCell<Meter<'p>>,
    pub(super) recorder: Option<&'r mut Recorder>,
    pub(super) record: &'r mut RunRecord,
    pub(super) journal: &'r Journal,
    pub(super) log: &'r mut Appender,
    pub(super) sink: &'r mut dyn FnMut(&Event),
    pub(super) denials: Option<Denials>,
    pub(super) unlisted: Unlisted,
    /// What could not be written down. The agent goes on: its work is worth more than its log.
    pub(super) trouble: Option<Error>,
}

impl Ears<'_, '_> {
    /// Passes an event on, and after it what it makes worth saying.
    pub(super) fn hear(&mut self, event: AgentEvent) {
        let at_work = self.meter.borrow_mut().note(&event);
        if at_work.is_some() {
            self.record.facts.at_work = at_work;
            let saved = self.journal.save_lightly(self.record);
            self.take_note(saved.err());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.event(&event);
        }
        if let AgentEvent::Session { id } = &event {
            self.record.facts.session = Some(id.clone());
            let saved = self.journal.save(self.record);
            self.take_note(saved.err());
        }
        let denied = self.denials.as_mut().map(|denials| denials.note(&event));
        let unlisted = self.unlisted.note(&event);
        self.tell(&Event::Agent(event));
        for text in denied.into_iter().flatten().chain(unlisted) {
            self.tell(&Event::Warning { text });
        }
        let spent = self.meter.borrow_mut().warning();
        if let Some(text) = spent {
            self.tell(&Event::Warning { text });
        }
    }

    fn tell(&mut self, event: &Event) {
        let written = write_event(self.log, event);
        self.take_note(written.err());
        (self.sink)(event);
    }

    fn take_note(&mut self, trouble: Option<Error>) {
        self.trouble = self.trouble.take().or(trouble);
    }
}
