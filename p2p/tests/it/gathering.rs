//! From a link to a table that has begun, or to a clear answer why not.

use std::ops::RangeInclusive;

use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::genesis::{DicePolicy, GenesisError};
use quorate_core::{Seat, data};
use quorate_p2p::{
    Event, Link, LinkError, OpenError, Refusal, SeatingError, Status, Table, Trouble,
};

use crate::race::{Action, LONG, Race, SOON, gathered, node, seating, until};

/// The race under another build: the same name and version, other behaviour.
#[data(crate = quorate_core)]
struct Altered {
    goal: u32,
}

impl Game for Altered {
    const NAME: &'static str = "race";
    type State = u32;
    type Action = Action;
    type Event = ();
    type View = u32;

    fn players(&self) -> RangeInclusive<u8> {
        1..=8
    }
    fn setup(&self, _: &mut Cx<Self>) -> Verdict<u32> {
        Ok(self.goal)
    }
    fn turn(&self, _: &u32) -> Turn {
        Turn::nobody()
    }
    fn apply(&self, _: &mut u32, _: &mut Cx<Self>, _: Seat, _: Action) -> Verdict {
        Ok(())
    }
    fn outcome(&self, _: &u32) -> Option<Outcome> {
        None
    }
    fn view(&self, state: &u32, _: &Viewer) -> u32 {
        *state
    }
}

/// What `table` shows once it does not gather any more.
fn end_of_gathering<G: Game>(table: &Table<G>) -> Status {
    until(table, |table| {
        !matches!(table.status(), Status::Gathering { .. })
    });
    table.status()
}

#[test]
fn a_full_table_turns_the_next_one_away_and_says_so() {
    let nodes = ["Ann", "Bob", "Eve"].map(node);
    let host = nodes[0].host(Race { goal: 1_000 }, seating(3)).unwrap();
    let link = host.link().unwrap();
    let first: Vec<Table<Race>> = [1, 1]
        .iter()
        .map(|_| nodes[1].join(&link))
        .filter_map(Result::ok)
        .collect();
    assert_eq!(first.len(), 1, "one node sits down once");
    let second: Table<Race> = nodes[2].join(&link).unwrap();
    assert!(host.begun(SOON) && second.begun(SOON));
    let late = node("Mal");
    let refused: Table<Race> = late.join(&link).unwrap();
    until(&refused, |refused| refused.status().is_final());
    let why = "the game takes no more players now".to_owned();
    let why = Refusal::NotAdmitted { why };
    assert_eq!(refused.status(), Status::Refused(why));
    assert!(matches!(
        refused.act(Action::Roll),
        Err(quorate_core::game::ActError::Stopped)
    ));
}

#[test]
fn a_build_with_other_rules_is_told_apart_before_the_first_move() {
    let [ann, bob] = ["Ann", "Bob"].map(node);
    let host = ann.host(LONG, seating(2)).unwrap();
    let guest: Table<Altered> = bob.join(&host.link().unwrap()).unwrap();
    let Status::Refused(Refusal::MixedBuild {
        who, theirs, ours, ..
    }) = end_of_gathering(&guest)
    else {
        panic!("{:?}", guest.status());
    };
    assert_eq!(who.as_str(), "Ann");
    assert_ne!(theirs, ours);
    let mut events = host.events_from(0);
    let told = std::iter::from_fn(|| events.wait(SOON))
        .find(|event| matches!(event, Event::TurnedAway { .. }));
    assert!(told.is_some(), "the host is told as well");
}

#[test]
fn a_host_that_is_not_there_is_named_and_tried_again() {
    let gone = node("Ann");
    let link = gone.host(LONG, seating(2)).unwrap().link().unwrap();
    gone.shutdown();
    let bob = node("Bob");
    let table: Table<Race> = bob.join(&link).unwrap();
    let mut events = table.events_from(0);
    let trouble = std::iter::from_fn(|| events.wait(SOON)).find_map(|event| match event {
        Event::Status(Status::Gathering { trouble, .. }) => trouble,
        _ => None,
    });
    assert_eq!(trouble, Some(Trouble::HostUnreachable { host: gone.key() }));
}

#[test]
fn a_bad_link_says_what_is_wrong_with_it() {
    let link = node("Ann")
        .host(LONG, seating(2))
        .unwrap()
        .link()
        .unwrap()
        .to_string();
    assert_eq!("quorate".parse::<Link>(), Err(LinkError::Scheme));
    let cut = &link[..link.len() - 4];
    assert_eq!(cut.parse::<Link>(), Err(LinkError::Checksum));
}

#[test]
fn a_table_that_cannot_be_is_refused_at_once() {
    let ann = node("Ann");
    let many = ann.host(LONG, seating(9)).unwrap_err();
    assert!(
        matches!(
            many,
            OpenError::Seating(SeatingError::Seats { seats: 9, .. })
        ),
        "{many}"
    );
    let alone = seating(1).dice(DicePolicy::default());
    let alone = ann.host(LONG, alone).unwrap_err();
    assert_eq!(
        alone,
        OpenError::Seating(SeatingError::Figures(GenesisError::DiceAlone {
            players: 1,
            least: 2
        }))
    );
    let options = ann.host(Race { goal: 0 }, seating(2)).unwrap_err();
    assert!(
        matches!(options, OpenError::Seating(SeatingError::Options(_))),
        "{options}"
    );
}

#[test]
fn a_link_stays_good_after_the_table_has_begun() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let link = tables[0].link().unwrap();
    assert_eq!(tables[1].link().unwrap().invite, link.invite);
    let again = nodes[1].join::<Race>(&link).unwrap_err();
    assert_eq!(
        again,
        OpenError::AlreadyOpen {
            invite: link.invite
        }
    );
}
