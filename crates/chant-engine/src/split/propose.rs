//! Asking an agent for members.

use std::path::Path;
use std::sync::mpsc::Receiver;

use chant_agent::{AgentConfig, Control, End, Limits, Outcome, Request};
use chant_git::{Oid, TreeEdit};
use chant_os::tree::Guard;
use chant_spec::{Document, proposal};
use jiff::Timestamp;

use super::{By, Kept, Proposal, checked, folder, may_split};
use crate::bench::{Bench, Place};
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::index::SpecRef;
use crate::journal::{Aside, Journal, Stint};
use crate::order::{self, Order};
use crate::project::Project;
use crate::room::place;
use crate::run::{self, Surroundings, provision};
use crate::{agents, budget, inputs, trust};

/// The prompt, where none is asked for.
const PROMPT: &str = "split";

/// The most that a file with members may hold.
const LARGEST: u64 = 1 << 20;

/// The members that an agent proposes. One that was asked before is not asked again, unless the spec has changed since or
/// `order.again` says so.
pub fn propose(
    project: &Project,
    found: &SpecRef,
    order: &Order,
    outside: Surroundings<'_>,
) -> Result<Proposal> {
    let id = found.id.as_str();
    let _claim = claim::claim(&project.state_dir(), &project.project_key(), id)?;
    let (document, spec_oid) = may_split(project, found)?;
    if !order.again
        && let Some(mut kept) = kept(project, id).filter(|kept| kept.spec_oid == spec_oid)
    {
        kept.by.earlier = true;
        return checked(id, &document, kept);
    }
    let mut order = order.clone();
    if order.model.is_none() {
        order
            .model
            .clone_from(&project.config().defaults.split_model);
    }
    let asked = Asked::prepare(project, found, &order, &document)?;
    asked.admit(order.over_budget)?;
    let mut outside = outside;
    let _room = place(project, &found.id, &order, &mut outside)?;
    let kept = asked.ask(outside, spec_oid)?;
    keep(project, id, &kept)?;
    checked(id, &document, kept)
}

/// The members that a person wrote into a file, in the same form.
pub fn from_file(project: &Project, found: &SpecRef, file: &Path) -> Result<Proposal> {
    let (document, spec_oid) = may_split(project, found)?;
    let bytes = chant_os::file::read_regular(file, LARGEST)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let written = Document::parse(bytes).ok();
    let section = written.and_then(|written| written.section(proposal::HEADING).map(str::to_owned));
    let kept = Kept {
        spec_oid,
        section: section.unwrap_or(text),
        by: By {
            agent: file.display().to_string(),
            at: now(),
            ..By::default()
        },
    };
    checked(found.id.as_str(), &document, kept)
}

/// The proposal that was made before, if it can be read.
fn kept(project: &Project, id: &str) -> Option<Kept> {
    let file = folder(project, id).join("proposal.json");
    let bytes = chant_os::file::read_regular(&file, 64 << 20).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn keep(project: &Project, id: &str, kept: &Kept) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(kept)
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let file = folder(project, id).join("proposal.json");
    Ok(chant_os::file::replace(&file, &bytes)?)
}

fn now() -> String {
    let now = chant_os::clock::now();
    now.round(jiff::Unit::Second).unwrap_or(now).to_string()
}

/// Everything that is needed to ask, and was not refused.
struct Asked<'a> {
    project: &'a Project,
    found: &'a SpecRef,
    document: &'a Document,
    agent: AgentConfig,
    prompt: String,
    base: Oid,
    /// The base with the spec as it is, and with what the spec is informed by.
    tree: Oid,
    sources: Vec<inputs::Source>,
    run: String,
}

impl<'a> Asked<'a> {
    fn prepare(
        project: &'a Project,
        found: &'a SpecRef,
        order: &Order,
        document: &'a Document,
    ) -> Result<Self> {
        let repo = project.repo();
        repo.check_version()?;
        let (agent, _) = agents::choose(project, found.id.as_str(), order, document, 0)?;
        trust::check_run(project, &agent, document)?;
        let (_, base) = project.start_point()?;
        let sources = inputs::gather(project, document, &base)?;
        let spec = project.path_from_repo(&found.path);
        let blob = repo.hash_object(document.bytes())?;
        let mut edits = vec![TreeEdit::put(spec.parse()?, "100644", blob)];
        for source in &sources {
            if let inputs::Source::File {
                path,
                oid,
                origin: inputs::Origin::Checkout,
                ..
            } = source
            {
                let path = project.path_from_repo(path).parse()?;
                edits.push(TreeEdit::put(path, "100644", oid.clone()));
            }
        }
        let tree = repo.write_tree(Some(&repo.tree_of(&base)?), &edits)?;
        Ok(Self {
            prompt: order.prompt.clone().unwrap_or_else(|| PROMPT.to_owned()),
            run: order::new_id(),
            project,
            found,
            document,
            agent,
            base,
            tree,
            sources,
        })
    }

    /// Refuses where a budget is spent: a proposal is paid for like a run.
    fn admit(&self, over_budget: bool) -> Result<()> {
        let (project, id) = (self.project, self.found.id.as_str());
        let journal = Journal::open(&project.state_dir(), &project.project_key())?;
        budget::admit(project, &journal, id, self.document, over_budget).map_err(|error| {
            let hint = error.hint.clone().unwrap_or_default();
            error.hint(hint.replace("chant work", "chant split"))
        })
    }

    /// Writes down what the agent took.
    fn count(&self, began: Timestamp, outcome: &Outcome) -> Result<()> {
        let (project, front) = (self.project, self.document.frontmatter());
        let prices = &project.config().spending.prices;
        let (agent, model) = (&self.agent.name, self.agent.model.as_deref());
        let aside = Aside {
            id: self.run.clone(),
            spec: self.found.id.to_string(),
            labels: front.labels.clone(),
            prompt: self.prompt.clone(),
            ended_well: outcome.end == End::Finished,
            stint: Stint::of(began, agent, model, outcome, prices),
        };
        Journal::open(&project.state_dir(), &project.project_key())?.note_aside(aside)
    }

    /// Asks, and reads the answer. The worktree is gone when this returns; if this process is killed, the guard ends the
    /// agent, and the next to take the place makes it anew.
    fn ask(&self, outside: Surroundings<'_>, spec_oid: String) -> Result<Kept> {
        let Surroundings {
            control,
            sink,
            guard,
        } = outside;
        let dir = folder(self.project, self.found.id.as_str());
        chant_os::file::remove_tree(&dir)?;
        chant_os::file::create_dir_all(&dir)?;
        let place = self.place(&guard, control, &dir)?;
        sink(&Event::RunStarted {
            run: self.run.clone(),
            spec: self.found.id.to_string(),
            title: crate::landing::title(self.document, self.found.id.as_str()),
            attempt: 1,
            agent: self.agent.name.clone(),
            branch: String::new(),
            resumed: false,
        });
        let began = chant_os::clock::now();
        let outcome = self.supervise(&place, &dir, &guard, control, sink)?;
        self.count(began, &outcome)?;
        self.ended_well(&outcome)?;
        let section = self.answer(&place)?;
        Ok(Kept {
            spec_oid,
            section,
            by: By {
                agent: self.agent.name.clone(),
                model: outcome.model.clone().or_else(|| self.agent.model.clone()),
                at: now(),
                input_tokens: outcome.usage.input,
                output_tokens: outcome.usage.output,
                cost_usd: outcome.cost_usd,
                earlier: false,
            },
        })
    }

    fn place(&self, guard: &Guard, control: &Receiver<Control>, dir: &Path) -> Result<Place> {
        let bench = Bench {
            project: self.project,
            guard,
            control,
            run: &self.run,
            logs: dir.to_owned(),
            cold: true,
            env: Vec::new(),
            spec_file: None,
            bounds: None,
        };
        bench.place(&self.tree, &self.base)
    }

    fn supervise(
        &self,
        place: &Place,
        dir: &Path,
        guard: &Guard,
        control: &Receiver<Control>,
        sink: run::Sink<'_>,
    ) -> Result<Outcome> {
        let prompt = self.prompt(place)?;
        let prompt_file = dir.join("prompt.md");
        chant_os::file::replace(&prompt_file, prompt.as_bytes())?;
        let configured = &self.project.config().limits;
        let limits = Limits {
            idle: configured.idle,
            total: configured.total,
            grace: configured.grace,
        };
        let program = agents::program(self.project, &self.agent)?;
        crate::sandbox::check_permissions(&self.agent)?;
        crate::sandbox::check_network(&self.agent, &guard.program)?;
        let temp = crate::sandbox::Temp::make(&self.run)?;
        let talk = crate::sandbox::make_talk(&self.agent, dir)?;
        let site = crate::sandbox::Site {
            worktree: place.worktree(),
            own: &[place.worktree().to_owned()],
            // Nothing is committed: what it proposes is read from its files.
            git: &[],
            temp: temp.path(),
            talk: talk.as_deref(),
            program: &program,
        };
        let confine = crate::sandbox::confinement(self.project, &self.agent, &site);
        let mut env = self.environment(place);
        env.push((
            "TMPDIR".to_owned(),
            temp.path().to_string_lossy().into_owned(),
        ));
        let request = Request {
            program: &program,
            prompt_text: &prompt,
            prompt_file: &prompt_file,
            worktree: place.project(),
            confine: confine.as_ref(),
            writable: &[],
            resume: None,
            handover: None,
            model: self.agent.model.as_deref(),
            env,
            run_id: &self.run,
            exit_file: &dir.join("agent.exit.json"),
            transcript: &dir.join("transcript"),
        };
        let mut told = |event| sink(&Event::Agent(event));
        Ok(chant_agent::run(
            &self.agent,
            &request,
            &limits,
            guard,
            &mut |_| control.try_recv().ok(),
            &mut told,
        )?)
    }

    fn prompt(&self, place: &Place) -> Result<String> {
        provision::render(
            self.project,
            self.document,
            &self.sources,
            &provision::Occasion {
                run: &self.run,
                id: self.found.id.as_str(),
                prompt: &self.prompt,
                worktree: place.worktree(),
                branch: "HEAD",
                base: self.base.as_str(),
                attempt: 1,
                previous_failure: "",
                feedback: &[],
                conflict: None,
                silent: self.project.hides(&self.found.id)?,
            },
        )
    }

    fn environment(&self, place: &Place) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let pairs = [
            ("CHANT", "1".to_owned()),
            ("CHANT_SPEC_ID", self.found.id.to_string()),
            (
                "CHANT_SPEC_FILE",
                text(&place.project().join(&self.found.path)),
            ),
            (claim::MARKER, self.run.clone()),
            ("CHANT_WORKTREE", text(place.worktree())),
            ("CHANT_BRANCH", "HEAD".to_owned()),
            ("CHANT_ATTEMPT", "1".to_owned()),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value)).into()
    }

    fn ended_well(&self, outcome: &Outcome) -> Result<()> {
        let id = &self.found.id;
        let again = format!("nothing was changed; repeat it: chant split {id}");
        let (code, message) = match &outcome.end {
            End::Finished => return Ok(()),
            end if end.is_by_user() => (
                Code::Interrupted,
                format!("the split of {id} was interrupted"),
            ),
            late @ End::TimedOut { .. } => (
                Code::AgentTimedOut,
                format!("{id} was not split: the agent was ended: {late}"),
            ),
            bad => (Code::AgentFailed, format!("{id} was not split: {bad}")),
        };
        Err(Error::new(code, message).hint(again))
    }

    /// The section that the agent added to its copy of the spec.
    fn answer(&self, place: &Place) -> Result<String> {
        let id = &self.found.id;
        let none = |why: String| {
            Error::new(
                Code::NotDone,
                format!("the agent proposes no members for {id}: {why}"),
            )
            .hint(format!(
                "what it was told and what it did is in {}; repeat it: chant split {id}",
                folder(self.project, id.as_str()).display()
            ))
        };
        let file = place.project().join(&self.found.path);
        let bytes = crate::index::read_file(&file, place.worktree())
            .map_err(|finding| none(finding.message))?;
        let left = Document::parse(bytes)
            .map_err(|error| none(format!("it broke its copy of the spec: {}", error.first())))?;
        left.section(proposal::HEADING)
            .map(str::to_owned)
            .ok_or_else(|| none(format!("it left no section {:?}", proposal::HEADING)))
    }
}
