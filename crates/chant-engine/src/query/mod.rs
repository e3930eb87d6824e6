//! Read models: what listings, boards and machines are told about specs. Nothing here changes anything.
//!
//! There is one object for a spec, [`Spec`], the same in every answer, and one place that computes it, [`world`].

mod activity;
mod before;
mod board;
mod chosen;
mod consents;
mod criteria;
mod everywhere;
mod findings;
mod gate;
pub mod left;
mod list;
mod members;
mod one;
mod proven;
mod roll;
mod search;
mod spec;
mod tip;
mod trace;
mod tree;
mod world;

pub use activity::{Happening, Wanted, activity};
pub(crate) use before::before;
pub use board::{Board, board};
pub use chosen::choose_agents;
pub use criteria::{Counts, Item, counted, in_words};
pub use everywhere::{Everywhere, Placed, list_everywhere};
pub use findings::{Findings, SpecFindings, lint};
pub use gate::{Gate, Phase, Task, gate};
pub use list::{Filter, list};
pub use members::members_of;
pub(crate) use members::own_members;
pub use one::{Detail, show};
pub use proven::{Proven, proven};
pub(crate) use roll::{Roll, Stand};
pub use search::{Hit, Hits, search};
pub use spec::{Approved, Criteria, Spec, natural_order};
pub use tip::{Tip, main_tip};
pub use trace::{Edge, EdgeKind, Graph, Traced, Way, dag, trace};
pub use tree::{Branch, Progress, arranged};
pub(crate) use world::World;
