//! Before a run: everything that can be refused is refused here, with nothing changed. Then the claim, and
//! either a new run or the one that was interrupted.

use std::path::Path;

use chant_agent::{AgentConfig, AgentKind};
use chant_git::{Oid, Repo};
use chant_os::file::Appender;
use chant_os::lock::Lock;
use chant_spec::{Document, SpecId};

use super::person::consented;
use super::place::{Place, choose_place};
use super::prove::Obligation;
use super::{LeftOpen, Run, Surroundings, admit, provision};
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::inputs;
use crate::journal::PERSON;
use crate::journal::run_dir;
use crate::journal::{Facts, InputRecord, Journal, RunRecord, RunState, Step};
use crate::order::{Order, Until, new_id};
use crate::project::Project;
use crate::prompt::Prompt;
use crate::{agents, bench, budget, limits, trust};

impl<'a, 's> Run<'a, 's> {
    /// Claims a spec, and begins or takes up its run.
    pub fn start(
        project: &'a Project,
        id: &SpecId,
        order: &Order,
        outside: Surroundings<'s>,
    ) -> Result<Self> {
        let mut journal = Journal::open(&project.state_dir(), &project.project_key())?;
        let claim = claim::claim(&project.state_dir(), &project.project_key(), id.as_str())?;
        match journal.latest(id.as_str())? {
            Some(record) if !record.state.is_over() => {
                Self::take_up(project, journal, record, order, outside, claim)
            }
            earlier => {
                let (facts, start, agent) =
                    prepare(project, &journal, id, order, earlier.as_ref())?;
                let run = order.run.clone().unwrap_or_else(new_id);
                let record = journal.begin(&run, id.as_str(), &facts)?;
                let mut run =
                    Self::assemble(project, journal, record, start, agent, outside, claim)?;
                run.until = order.until;
                Ok(run)
            }
        }
    }

    /// Takes up an interrupted run, or one that waits to land.
    pub fn resume(
        project: &'a Project,
        record: &RunRecord,
        outside: Surroundings<'s>,
    ) -> Result<Self> {
        Self::resume_until(project, record, Until::Landed, outside)
    }

    /// The same, but only up to where it waits for its turn to land.
    pub(crate) fn finish_first(
        project: &'a Project,
        record: &RunRecord,
        outside: Surroundings<'s>,
    ) -> Result<Self> {
        let run = Self::resume_until(project, record, Until::Finished, outside)?;
        Ok(run.without_agent())
    }

    /// For a command that starts no agent: a result that contradicts the main branch waits for a person.
    pub(crate) fn without_agent(self) -> Self {
        Self {
            hands_back: false,
            ..self
        }
    }

    fn resume_until(
        project: &'a Project,
        record: &RunRecord,
        until: Until,
        outside: Surroundings<'s>,
    ) -> Result<Self> {
        let journal = Journal::open(&project.state_dir(), &project.project_key())?;
        let claim = claim::claim(&project.state_dir(), &project.project_key(), &record.spec)?;
        // Someone may have gone on with it while we waited for the claim.
        let record = journal
            .latest(&record.spec)?
            .filter(|now| now.id == record.id)
            .ok_or_else(|| {
                Error::new(
                    Code::WrongStatus,
                    format!("{} has no run that waits", record.spec),
                )
            })?;
        let order = Order {
            until,
            ..Order::default()
        };
        Self::take_up(project, journal, record, &order, outside, claim)
    }

    fn take_up(
        project: &'a Project,
        journal: Journal,
        mut record: RunRecord,
        order: &Order,
        outside: Surroundings<'s>,
        claim: Lock,
    ) -> Result<Self> {
        if record.state == RunState::Parked {
            limits::admit(&record, order, chant_os::clock::now())?;
        }
        let start = Self::consented_start(project, &record)?;
        let mended = crate::branch::restore(project, &record)?;
        if record.state == RunState::Conflict {
            if let Some(open @ LeftOpen::Rebase { .. }) = LeftOpen::find(project, &record)? {
                return Err(open.error(&record, &format!("chant work {}", record.spec)));
            }
            // A person may have merged on the branch: what is there now is the result.
            record.step = Step::Collect;
        }
        record.facts.cold |= order.cold;
        // What a person asked for ended the run; now another person, or the same, goes on with it.
        record.facts.wish = None;
        record.facts.over_budget |= order.over_budget;
        record.facts.budget_spent = None;
        record.facts.budget_renews = None;
        // What a person has offered already goes its way; what they still have in hand goes back to the agent.
        if record.step <= Step::Collect
            && let Some(takeover) = record.facts.takeover.take()
        {
            takeover.give_back(&mut record);
        }
        if (record.step as usize) <= Step::Agent as usize {
            let over_budget = record.facts.over_budget;
            budget::admit(project, &journal, &record.spec, &start, over_budget)?;
        }
        let agent = agent_to_go_on(project, &mut record, order, &start)?;
        let branch = record.facts.branch.clone();
        let mut run = Self::assemble(project, journal, record, start, agent, outside, claim)?;
        run.resumed = true;
        run.until = order.until;
        if let Some(at) = mended {
            run.note(format!(
                "the branch {branch} was gone; it is made again at {}",
                at.short()
            ))?;
        }
        Ok(run)
    }

    /// The spec as the run began with it, unless a person has said no, or changed it, since.
    pub(super) fn consented_start(project: &Project, record: &RunRecord) -> Result<Document> {
        if (record.step as usize) < Step::Land as usize
            && let Ok(id) = SpecId::parse(&record.spec)
        {
            consented(&project.show(&id)?)?;
        }
        let oid: Oid = crate::landing::known(Some(&record.facts.spec_oid))?;
        let bytes = project.repo().blob(&oid).map_err(|error| {
            let spec = &record.spec;
            let what = "what the interrupted run began from is gone from the repository";
            Error::new(Code::GitFailed, format!("{spec}: {what}: {error}"))
                .hint(format!("start over: chant reset {spec}"))
        })?;
        Ok(Document::parse(bytes)?)
    }

    pub(super) fn assemble(
        project: &'a Project,
        journal: Journal,
        record: RunRecord,
        start: Document,
        agent: AgentConfig,
        outside: Surroundings<'s>,
        claim: Lock,
    ) -> Result<Self> {
        let dir = run_dir(project, &record.id);
        chant_os::file::create_dir_all(&dir)?;
        // Left for a process that ended before it could read it.
        crate::journal::Wish::take(&dir);
        let log = Appender::open(&dir.join("events.jsonl"))?;
        Ok(Self {
            project,
            journal,
            record,
            start,
            agent,
            outside,
            log,
            resumed: false,
            until: Until::Landed,
            hands_back: true,
            ports: None,
            _claim: claim,
        })
    }
}

/// The agent that goes on with a run: the one that is named, the one that takes over from a refused one, or the same.
fn agent_to_go_on(
    project: &Project,
    record: &mut RunRecord,
    order: &Order,
    start: &Document,
) -> Result<AgentConfig> {
    let facts = &mut record.facts;
    if facts.agent_kind == PERSON {
        // What they made is on its way; no agent is started any more.
        let mut person = AgentConfig::new(&facts.agent, AgentKind::Command);
        // Checks of what they made are within the bounds of any agent's.
        person.bounds = crate::sandbox::bounds(project.config(), None)?;
        return Ok(person);
    }
    let parked = facts
        .parked
        .as_ref()
        .filter(|_| record.state == RunState::Parked);
    let substitute = parked.and_then(|parked| parked.with.clone());
    if order.agent.is_some() {
        agents::ORDERED.clone_into(&mut facts.agent_why);
    }
    let name = order.agent.clone().or(substitute);
    let is_other = name.as_ref().is_some_and(|name| *name != facts.agent);
    let mut order = order.clone();
    order.agent = name.or_else(|| Some(facts.agent.clone()));
    if !is_other {
        order.model = order.model.or_else(|| facts.model.clone());
    }
    let (agent, _) = agents::choose(project, &record.spec, &order, start, 0)?;
    if is_other {
        trust::check_run(project, &agent, start)?;
        let program = agents::program(project, &agent)?;
        // Another agent's conversation, or another account's, is not this one's.
        facts.session = None;
        facts.agent.clone_from(&agent.name);
        facts.agent_kind = agent.kind.to_string();
        facts.agent_version = chant_agent::version(&agent, &program);
        facts.model.clone_from(&agent.model);
    }
    Ok(agent)
}

/// Everything that has to be known, and may be refused, before a run exists.
fn prepare(
    project: &Project,
    journal: &Journal,
    id: &SpecId,
    order: &Order,
    earlier: Option<&RunRecord>,
) -> Result<(Facts, Document, AgentConfig)> {
    let repo = project.repo();
    repo.check_version()?;
    admit::may_begin(project, id, order.again)?;
    admit::has_room(project)?;
    super::ready::can_be_lent(project)?;
    let left = project.document(&project.spec_path_from_root(id))?;
    let document = if order.again {
        admit::opened_again(&left)?
    } else {
        left.clone()
    };
    recordable(order)?;
    budget::admit(project, journal, id.as_str(), &document, order.over_budget)?;
    let tried = journal.tried(id.as_str())?;
    let (agent, choice) = agents::choose(project, id.as_str(), order, &document, tried)?;
    trust::check_run(project, &agent, &document)?;
    for check in &document.frontmatter().verify {
        bench::Plan::of(project, check)?;
    }
    crate::sandbox::check_permissions(&agent)?;
    let program = agents::program(project, &agent)?;
    let (main, base) = project.start_point()?;
    let obligation = Obligation::of(project, id, &document, &base)?;
    let place = choose_place(project, Some(journal), id)?;
    let sources = inputs::gather(project, &document, &base)?;
    let prompt_name = agents::prompt_name(project, order, &document);
    let prompt = Prompt::find(&project.dot_chant().join("prompts"), &prompt_name)?;
    try_prompt(project, &document, id, &prompt_name, &place)?;
    let spec_oid = stored(repo, &base, document.bytes())?;
    let mut brought = brought(project, &sources);
    obligation.bring(&mut brought);
    let facts = Facts {
        base: base.to_string(),
        branch: place.branch.to_string(),
        worktree: place.folder,
        spec_path: project.path_from_repo(&project.spec_path_from_root(id)),
        spec_oid: spec_oid.to_string(),
        brought,
        plan: obligation.plan,
        frozen: obligation.frozen,
        spec_was: if order.again {
            Some(repo.hash_object(left.bytes())?.to_string())
        } else {
            None
        },
        again: order.again,
        silent: hides(project, id, &base)?,
        labels: document.frontmatter().labels.clone(),
        kind: document.frontmatter().kind.as_str().to_owned(),
        over_budget: order.over_budget,
        agent: agent.name.clone(),
        agent_why: choice.why,
        series: order.series.clone(),
        agent_kind: agent.kind.to_string(),
        agent_version: chant_agent::version(&agent, &program),
        model: agent.model.clone(),
        prompt: prompt_name,
        prompt_oid: stored(repo, &base, prompt.source().as_bytes())?.to_string(),
        inputs: inputs::record(project, &document, &base, &sources)?,
        kept: earlier.and_then(|run| run.facts.kept.clone()),
        main: main.to_string(),
        record: order.record.clone(),
        cold: order.cold,
        ..Facts::default()
    };
    Ok((facts, document, agent))
}

/// The blob of these bytes. Nothing is written where the repository has it; `like` is any of its ids.
fn stored(repo: &Repo, like: &Oid, bytes: &[u8]) -> Result<Oid> {
    let oid: Oid = crate::blob_id(bytes, like.as_str().len()).parse()?;
    if repo.has_object(&oid)? {
        Ok(oid)
    } else {
        Ok(repo.hash_object(bytes)?)
    }
}

/// Whether git must know nothing of a spec. What the commit has that a run begins from git knows, whatever it would ignore.
fn hides(project: &Project, id: &SpecId, base: &Oid) -> Result<bool> {
    let path = project.path_from_repo(&project.spec_path_from_root(id));
    let is_known = !project.silent() && project.repo().read_file(base, &path)?.is_some();
    Ok(!is_known && project.hides(id)?)
}

/// A recording that could not be written is told before an agent is paid.
fn recordable(order: &Order) -> Result<()> {
    match order.record.as_deref().and_then(Path::parent) {
        Some(folder) if !folder.is_dir() => Err(Error::new(
            Code::Usage,
            format!("--record: there is no folder {}", folder.display()),
        )
        .hint("make the folder, or name another file")),
        _ => Ok(()),
    }
}

/// A template that can not be used is told before anything begins. Its inputs are not needed for that; as a second
/// attempt it has the most to say.
fn try_prompt(
    project: &Project,
    document: &Document,
    id: &SpecId,
    prompt: &str,
    place: &Place,
) -> Result<()> {
    let occasion = provision::Occasion {
        run: "",
        id: id.as_str(),
        prompt,
        worktree: &place.folder,
        branch: place.branch.as_str(),
        base: "",
        attempt: 2,
        previous_failure: "",
        feedback: &[],
        conflict: None,
        silent: project.silent(),
    };
    provision::render(project, document, &[], &occasion).map(drop)
}

fn brought(project: &Project, sources: &[inputs::Source]) -> Vec<(String, String)> {
    sources
        .iter()
        .filter_map(|source| match source {
            inputs::Source::File {
                path,
                oid,
                origin: inputs::Origin::Checkout,
                ..
            } => Some((project.path_from_repo(path), oid.to_string())),
            _ => None,
        })
        .collect()
}

pub(crate) fn input_record(source: &inputs::Source) -> InputRecord {
    InputRecord {
        name: source.name().to_owned(),
        kind: source.kind().to_owned(),
        oid: source.oid().map(ToString::to_string),
    }
}
