//! `chant watch`

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chant_engine::event::{Event as RunEvent, Stamped};
use chant_engine::journal::RunRecord;
use chant_engine::limits::Outlook;
use chant_engine::order::Order;
use chant_engine::query::left;
use chant_engine::recover::{self, Going};
use chant_engine::run::Report;
use chant_engine::schedule::{Ask, Coming, Event};
use chant_engine::{Code, Error, Project, Result, query, queue};
use chant_spec::{Kind, SpecId, State};

use super::attend::{Stop, attended_by, show};
use super::watch_wait::{Before, Reopened, opened_again};
use super::work::conclude;
use super::work_many;
use crate::board;
use crate::cli::{Context, Done};
use crate::ui::{Tone, Ui, one_line};

/// How long a run that could not go on is left alone, the first time; each further time twice as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Go on with what was cut off, parked or made, for as long as this runs
///
/// What was asked for before and was cut off goes on; what is made and checked lands; what waits for a usage limit goes on
/// when its time has come. Nothing that was never asked for is begun, unless --work says so. Watching ends with Ctrl-C, and
/// leaves no process behind. What you paused, and conflicts, stay yours.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant watch\n  chant watch --work --label nightly\n  */10 * * * * cd ~/project && chant watch --once --quiet    (for cron)"
)]
pub(crate) struct Args {
    /// Go on with what can go on now, and end; the exit status is 1 where something failed
    #[arg(long)]
    once: bool,
    /// Also begin what is ready, and what becomes ready
    #[arg(long)]
    work: bool,
    /// Of that, only specs with this label
    #[arg(long, value_name = "LABEL", requires = "work")]
    label: Vec<String>,
}

/// How long the runs of a command that was killed may take to end, and how often that is looked at.
const ENDING: Duration = Duration::from_secs(20);
const ENDING_LOOK: Duration = Duration::from_millis(50);

/// What a watch has seen so far.
#[derive(Default)]
struct Watch {
    reports: Vec<Report>,
    errors: Vec<String>,
    /// Whether it went on with what ended commands had asked for, and has told of that.
    took_up: bool,
    /// When what could not go on may be tried again, and how long that was waited.
    later: HashMap<String, (Instant, Duration)>,
    /// When another day begins, where what this one may cost is spent.
    tomorrow: Option<Instant>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let stop = Stop::install()?;
    let mut watch = Watch::default();
    if args.once {
        watch.pass(cx, &project, args, &stop)?;
        return watch.ended(cx, &project);
    }
    cx.ui
        .hint("watching; Ctrl-C ends it, and nothing runs on without it");
    let mut project = project;
    loop {
        let before = Before::of(&project);
        watch.pass(cx, &project, args, &stop)?;
        // Nothing may be said for hours: whoever reads along has all of it by now.
        cx.ui.pass_on();
        if before.wait(&project, &stop, watch.next(&project)?) {
            return watch.ended(cx, &project);
        }
        let unreadable = |error: &Error| watch.complain(cx, error);
        project = match opened_again(project, &stop, unreadable)? {
            Reopened::Changed(project) => project,
            Reopened::Enough(project) => return watch.ended(cx, &project),
        };
    }
}

impl Watch {
    /// Goes on with everything that can, until nothing more can.
    fn pass(
        &mut self,
        cx: &mut Context,
        project: &Project,
        args: &Args,
        stop: &Stop,
    ) -> Result<()> {
        loop {
            // The last round may have ended because the settings are others now. If they cannot be read, the next look says so.
            let Ok(project) = &Project::open(project.root()) else {
                return Ok(());
            };
            let outlook = Outlook::at(project, chant_os::clock::now())?;
            self.tomorrow = outlook.day_renews_in().map(|wait| Instant::now() + wait);
            self.take_up_asked(cx, project, args, stop)?;
            let Going { mut now, .. } = recover::going_on(project)?;
            now.retain(|run| self.may_try(&run.id));
            let begins = args.work && self.tomorrow.is_none();
            // Nothing that is ready waits for the end of what has still to be made: all of that is worked together.
            let (making, alone): (Vec<RunRecord>, Vec<RunRecord>) = now
                .into_iter()
                .partition(|run| begins && recover::is_being_made(run));
            let mut moved = false;
            for run in &alone {
                moved |= self.go_on(cx, project, run, stop)?;
            }
            if begins {
                moved |= self.begin_ready(cx, project, args, &making)?;
            }
            if !moved {
                return Ok(());
            }
        }
    }

    /// What commands had asked for that do not live any more goes back to the scheduler, all of it at once.
    fn take_up_asked(
        &mut self,
        cx: &mut Context,
        project: &Project,
        args: &Args,
        stop: &Stop,
    ) -> Result<()> {
        const WHAT: &str = "what was asked for";
        let mut asked = queue::asked(project)?;
        asked.retain(|asked| !asked.alive);
        let Some(first) = asked.first().filter(|_| self.may_try(WHAT)) else {
            return Ok(());
        };
        if self.tomorrow.is_some() && !first.order.over_budget {
            return Ok(());
        }
        // What such a command had started notices its end and ends as well; until then it is still driven.
        let began = Instant::now();
        while began.elapsed() < ENDING
            && asked
                .iter()
                .any(|asked| recover::is_driven(project, &asked.spec))
        {
            if stop.control().recv_timeout(ENDING_LOOK).is_ok() {
                return Err(Error::new(Code::Interrupted, "interrupted"));
            }
        }
        let ids = asked.iter();
        let ids: Vec<SpecId> = ids
            .filter_map(|asked| SpecId::parse(&asked.spec).ok())
            .collect();
        let count = ids.len();
        cx.ui.hint(&format!(
            "{count} specs were asked for by commands that ended"
        ));
        // Those that cannot go on stay asked for; they are not tried again at once.
        self.try_later(WHAT);
        match self.together(cx, project, args, ids, first.order.clone()) {
            Ok(()) => {
                self.took_up = true;
                Ok(())
            }
            Err(error) if error.code == Code::Interrupted => Err(error),
            // It was over by the time its command was ended, or waits for something that was told just now.
            Err(error) if matches!(error.code, Code::NothingToDo | Code::WrongStatus) => {
                queue::forget_ended(project)
            }
            Err(error) if matches!(error.code, Code::Blocked | Code::InTheWay) => Ok(()),
            Err(error) => {
                self.complain(cx, &error);
                Ok(())
            }
        }
    }

    /// Goes on with one run by itself. Whether it moved.
    fn go_on(
        &mut self,
        cx: &mut Context,
        project: &Project,
        run: &RunRecord,
        stop: &Stop,
    ) -> Result<bool> {
        let tell = |ui: &mut Ui, event: &RunEvent| {
            if !ui.is_json() {
                return show(ui, event);
            }
            let what = Stamped {
                at: chant_os::clock::now().to_string(),
                event: event.clone(),
            };
            for event in Event::of_one(&run.id, &run.spec, &what) {
                ui.event(&event);
            }
        };
        let reported = attended_by(cx, stop, tell, |outside| {
            recover::go_on(project, run, outside)
        });
        self.take_note(cx, &run.id, reported)
    }

    /// Begins what is ready, together with what will be once that has landed, and what has still to be made. What comes to be
    /// ready meanwhile joins them. Whether anything was begun.
    fn begin_ready(
        &mut self,
        cx: &mut Context,
        project: &Project,
        args: &Args,
        making: &[RunRecord],
    ) -> Result<bool> {
        let mut open = self.open(project, &args.label)?;
        if making.is_empty() && !open.iter().any(|spec| spec.ready) {
            return Ok(false);
        }
        open.retain(|spec| spec.kind != Kind::Driver.as_str());
        let begun = making.iter().map(|run| run.spec.as_str());
        let ids: Vec<SpecId> = begun
            .chain(open.iter().map(|spec| spec.id.as_str()))
            .filter_map(|id| SpecId::parse(id).ok())
            .collect();
        // Whatever comes of them, they are not begun again at once.
        for run in making {
            self.try_later(&run.id);
        }
        for spec in open.iter().filter(|spec| spec.ready) {
            self.try_later(&spec.id);
        }
        match self.together(cx, project, args, ids, Order::default()) {
            Ok(()) => Ok(true),
            Err(error) if error.code == Code::Interrupted => Err(error),
            Err(error) => {
                self.complain(cx, &error);
                Ok(true)
            }
        }
    }

    /// Works several specs at once, by the scheduler.
    fn together(
        &mut self,
        cx: &mut Context,
        project: &Project,
        args: &Args,
        specs: Vec<SpecId>,
        order: Order,
    ) -> Result<()> {
        let parallel = project.config().schedule.parallel.get();
        // What was ordered for the others is not meant for what joins them.
        let joins = args.work && self.tomorrow.is_none() && order == Order::default();
        let coming = joins.then(|| Coming {
            labels: args.label.clone(),
            except: self.put_off(),
        });
        let ask = Ask {
            specs,
            order,
            parallel,
            once: args.once,
            coming,
            ..Ask::default()
        };
        let summary = work_many::work(cx, project, &ask)?;
        self.reports.extend(summary.runs().iter().cloned());
        board::conclude(cx, summary).map(drop)
    }

    fn may_try(&self, what: &str) -> bool {
        self.later
            .get(what)
            .is_none_or(|(at, _)| Instant::now() >= *at)
    }

    /// What is not to be tried again so soon.
    fn put_off(&self) -> HashSet<String> {
        let names = self.later.keys().filter(|what| !self.may_try(what));
        names.cloned().collect()
    }

    fn try_later(&mut self, what: &str) {
        let waited = self.later.get(what).map(|(_, waited)| *waited);
        let wait = waited.map_or(PATIENCE, |waited| waited * 2);
        self.later
            .insert(what.to_owned(), (Instant::now() + wait, wait));
    }

    /// The specs that may be begun and were not tried a moment ago, and those that wait for others.
    fn open(&self, project: &Project, labels: &[String]) -> Result<Vec<query::Spec>> {
        let filter = query::Filter {
            labels: labels.to_vec(),
            ..query::Filter::default()
        };
        let mut specs = query::list(project, &filter)?;
        specs.retain(|spec| match spec.standing() {
            State::Ready => self.may_try(&spec.id),
            State::Blocked => true,
            _ => false,
        });
        specs.sort_by(|a, b| query::natural_order(&a.id, &b.id));
        Ok(specs)
    }

    /// Says what came of a run; whether it moved. That a person interrupted it ends the watch as well.
    fn take_note(
        &mut self,
        cx: &mut Context,
        what: &str,
        reported: Result<Option<Report>>,
    ) -> Result<bool> {
        let report = match reported {
            Ok(None) => return Ok(false),
            Ok(Some(report)) => report,
            Err(error) => {
                self.try_later(what);
                self.complain(cx, &error);
                return Ok(false);
            }
        };
        let ended = conclude(cx, &report);
        self.reports.push(report);
        match ended {
            Ok(()) => Ok(true),
            Err(error) if error.code == Code::Interrupted => Err(error),
            Err(error) => {
                self.try_later(what);
                self.complain(cx, &error);
                Ok(true)
            }
        }
    }

    fn complain(&mut self, cx: &mut Context, error: &Error) {
        let mut line = one_line(&error.message);
        if let Some(hint) = &error.hint {
            line = format!("{line} ({})", one_line(hint));
        }
        cx.ui.status(Tone::Bad, "failed", &line);
        self.errors.push(error.message.clone());
    }

    /// When to look again although nothing changed.
    fn next(&self, project: &Project) -> Result<Option<Duration>> {
        let parked = recover::going_on(project)?.later;
        let now = Instant::now();
        let patient = self
            .later
            .values()
            .map(|(at, _)| at.saturating_duration_since(now));
        let tomorrow = self.tomorrow.map(|at| at.saturating_duration_since(now));
        let waits = patient.filter(|wait| !wait.is_zero());
        Ok(waits.chain(parked).chain(tomorrow).min())
    }

    fn ended(self, cx: &mut Context, project: &Project) -> Result<Done> {
        let landed = self.reports.iter().filter(|report| report.landed()).count();
        let left = left::look(project)?;
        let line = match (self.reports.len(), left.len()) {
            (0, 0) if self.took_up => return self.document(&left),
            (0, 0) => "Nothing was left to go on with.".to_owned(),
            (went, left) => format!("{went} went on, {landed} landed, {left} wait"),
        };
        cx.ui.done(&line);
        for finding in &left {
            let line = format!("  {}: {}: {}", finding.spec, finding.says, finding.command);
            cx.ui.done(&one_line(&line));
        }
        self.document(&left)
    }

    fn document(&self, left: &[left::Finding]) -> Result<Done> {
        let exit = u8::from(!self.errors.is_empty());
        let document =
            serde_json::json!({"runs": self.reports, "errors": self.errors, "left": left});
        Done::with(document).map(|done| done.ending(exit))
    }
}
