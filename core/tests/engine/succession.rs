//! After a fork: the innocent agree to a successor and play on with what they had.

use std::sync::Arc;

use super::chips::{Action, Chips, Purse, Side};
use super::evidence::contradiction;
use super::fork::table;
use super::rps::{Hand, Rps};
use super::table::{Table, seat};
use quorate_core::crypto::{AnyScheme, SecretKey, Signer};
use quorate_core::engine::{Engine, Event, Setup, StartError};
use quorate_core::evidence::{Evidence, EvidenceError};
use quorate_core::fork::{Origin, Succession, SuccessionError};
use quorate_core::game::{Cause, SeatChange, Why};
use quorate_core::genesis::{Genesis, Predecessor, Protocol, SignedGenesis};
use quorate_core::journal::{Journal, Record};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::table::{CarryError, TableState};
use quorate_core::{Digest, Height, Now, PerSeat, Seats, Wall};

under_both! {
    the_heirs_play_on_with_what_they_had_at_the_branch,
    a_sealed_turn_that_is_being_opened_is_not_carried_over,
}

/// Who contradicted himself.
const MAL: usize = 1;

/// The height that all are of one mind about.
const BRANCH: Height = Height(3);

/// A table with four heights, of which the last is given up.
pub(super) fn forked(protocol: Protocol) -> Table<Chips> {
    let mut table = table(protocol);
    table.act(0, Action::Bet(Side::Over, 10));
    table.act(2, Action::Bet(Side::Under, 20));
    table.act(3, Action::Bet(Side::Under, 30));
    assert_eq!(table.height(), Height(4));
    table
}

/// The table as a device works it out from its own journal.
pub(super) fn branch(table: &Table<Chips>, by: usize) -> TableState<Chips> {
    let genesis = Arc::new(table.genesis().clone());
    let rounds = 100;
    let game = Chips {
        rounds,
        ..Chips::default()
    };
    let blocks = table.records[by].iter().filter_map(|record| match record {
        Record::Decision { block, .. } if block.height <= BRANCH => Some(block),
        _ => None,
    });
    TableState::new(genesis, Arc::new(game))
        .after(blocks)
        .unwrap()
}

fn proof(table: &Table<Chips>, against: usize) -> (quorate_core::Seat, Evidence) {
    let (id, key) = (table.genesis().table(), &table.keys[against]);
    (seat(against), contradiction(id, Height(4), (against, key)))
}

fn guilty() -> Seats {
    Seats::from(seat(MAL))
}

/// A successor without Mal that everybody else agrees to.
pub(super) fn agreed(table: &Table<Chips>, absent: Seats) -> Succession {
    let proofs: PerSeat<_> = [proof(table, MAL)].into_iter().collect();
    let mut parts = (0..4).filter(|index| *index != MAL).map(|index| {
        let state = branch(table, index);
        let origin = state.origin(Height(4)).unwrap();
        let draft = origin.draft(guilty(), absent, 1, Wall(1_000_000));
        let mut part = Succession::new(draft, proofs.clone());
        part.agree(state.roster(), &table.keys[index]);
        part
    });
    let mut whole = parts.next().unwrap();
    parts.for_each(|part| whole.merge(&part));
    whole
}

fn check(table: &Table<Chips>, succession: &Succession) -> Result<(), SuccessionError> {
    let state = branch(table, 0);
    succession.check(
        &state.origin(Height(4)).unwrap(),
        &(Arc::new(AnyScheme) as Arc<dyn quorate_core::crypto::Verifier>),
    )
}

fn a_sealed_turn_that_is_being_opened_is_not_carried_over(protocol: Protocol) {
    let mut table = Table::under(protocol, Rps { to_win: 9 }, 4);
    assert!(matches!(
        table.engines[0].table().carry(),
        Err(CarryError::Secrets)
    ));
    table.act(3, Hand::Rock);
    table.down.push(3); // it has sealed its move, and does not open it
    for index in 0..3 {
        table.act(index, Hand::Paper);
    }
    // Whoever is gone may lead; then a later round decides the last move.
    for _ in 0..50 {
        if table.engines[0].table().opening().is_none() {
            table.pass(100_000);
        }
    }
    let state = table.engines[0].table();
    assert!(state.opening().is_some());
    let refused = Err(CarryError::Secrets);
    assert_eq!(state.carry().map(drop), refused);
    // Nor is it taken up, should everybody sign it nevertheless.
    let saved = state.play().unwrap().save().unwrap();
    let mut genesis = table.genesis().clone();
    genesis.predecessor = Some(Predecessor {
        table: genesis.table(),
        height: state.height(),
        branch: state.tip(),
        depth: 1,
        seats: Seats::first(4),
        guilty: Seats::NONE,
        carried: Digest::of("carried", &saved).unwrap(),
    });
    let taken = TableState::succeeding(genesis.into(), state.game().clone(), saved);
    assert_eq!(taken.map(drop), refused);
}

/// What comes of checking a successor whose genesis is `changed` and signed by all its seats.
fn refused(change: impl Fn(&mut Genesis)) -> SuccessionError {
    let table = forked(Protocol::Pbft);
    let mut succession = agreed(&table, Seats::NONE);
    change(&mut succession.signed.genesis);
    let state = branch(&table, 0);
    for key in &table.keys {
        succession.agree(state.roster(), key);
    }
    check(&table, &succession).unwrap_err()
}

fn the_heirs_play_on_with_what_they_had_at_the_branch(protocol: Protocol) {
    let table = forked(protocol);
    let succession = agreed(&table, Seats::NONE);
    assert_eq!(check(&table, &succession), Ok(()));
    let (carried, _) = branch(&table, 0).carry().unwrap();
    let mut heirs = table.heirs(succession.signed, carried);
    let play = heirs.engines[0].table().play().unwrap();
    assert_eq!(play.players(), Seats::first(4) - guilty());
    assert_ne!(
        heirs.engines[0].table().table(),
        table.engines[0].table().table()
    );
    let ledger = &play.state().ledger;
    let bets = [0, 2, 3].map(|index| ledger.of(Purse::Bet(seat(index))).units());
    assert_eq!(bets, [10, 20, 0], "the bet at height 4 is given up");
    let began = heirs.events[0].iter().find_map(|event| match event {
        Event::Decided(decided) => Some(decided.happened.clone()),
        _ => None,
    });
    let gone = Cause::Seat(seat(MAL), SeatChange::Gone(Why::Guilty));
    assert!(began.unwrap().iter().any(|step| step.cause == gone));
    // The engines of seats 0, 2 and 3.
    heirs.act(2, Action::Bet(Side::Over, 5));
    heirs.act(0, Action::Roll);
    heirs.pass(2_000_000);
    heirs.agreed();
    assert_eq!(heirs.engines[1].table().play().unwrap().state().round, 1);
    heirs.restart(1);
    assert_eq!(heirs.engines[1].height(), heirs.engines[0].height());
}

#[test]
fn a_successor_needs_the_signature_of_every_seat_that_is_on_it() {
    let table = forked(Protocol::Pbft);
    let mut succession = agreed(&table, Seats::NONE);
    succession.signed.signatures.remove(seat(3));
    let unsigned = SuccessionError::Unsigned(Seats::from(seat(3)));
    assert_eq!(check(&table, &succession), Err(unsigned));
}

#[test]
fn of_the_seats_that_are_left_two_thirds_and_one_must_agree_whether_they_stay_or_not() {
    let table = forked(Protocol::Pbft);
    let mut succession = agreed(&table, Seats::from(seat(3)));
    assert_eq!(
        check(&table, &succession),
        Ok(()),
        "seat 3 leaves and agrees"
    );
    succession.consents = PerSeat::default();
    let (have, need) = (2, 3);
    assert_eq!(
        check(&table, &succession),
        Err(SuccessionError::Consent { have, need })
    );
    let forged = Succession::consent(&succession.signed.genesis, &table.keys[0]);
    succession.consents.insert(seat(3), forged);
    assert_eq!(
        check(&table, &succession),
        Err(SuccessionError::Consent { have, need })
    );
}

#[test]
fn what_a_seat_did_not_sign_itself_is_named() {
    let table = forked(Protocol::Pbft);
    let mut succession = agreed(&table, Seats::from(seat(3)));
    let forged = |succession: &Succession| {
        let roster = table.engines[0].table().roster();
        succession.forged(roster, &AnyScheme)
    };
    assert_eq!(forged(&succession), Seats::NONE);
    let by = |index: usize| SignedGenesis::sign(&succession.signed.genesis, &table.keys[index]);
    let consent =
        |index: usize| Succession::consent(&succession.signed.genesis, &table.keys[index]);
    let signatures = [(seat(0), by(2)), (seat(1), by(1))];
    let consents = [(seat(3), consent(0)), (seat(2), consent(2))];
    succession.signed.signatures.extend(signatures);
    succession.consents.extend(consents);
    let named = [0, 1, 3].map(seat).into_iter().collect();
    assert_eq!(
        forged(&succession),
        named,
        "who has no seat there signs none"
    );
}

#[test]
fn what_others_signed_is_added_and_what_is_here_stays() {
    let table = forked(Protocol::Pbft);
    let whole = agreed(&table, Seats::from(seat(3)));
    let mut part = whole.clone();
    part.signed.signatures.remove(seat(2));
    part.consents.remove(seat(3));
    let other = part.signed.signatures.get(seat(0)).cloned();
    part.signed.signatures.extend([(seat(2), other.unwrap())]);
    let (mut ours, mut theirs) = (part.clone(), whole.clone());
    ours.merge(&whole);
    theirs.merge(&part);
    assert_eq!(ours.consents, whole.consents, "what was missing came");
    assert_eq!(ours.signed.signatures, part.signed.signatures);
    assert_eq!(theirs, whole, "two ways to sign do not change places");
}

#[test]
fn a_successor_gives_up_no_more_heights_than_it_says_and_than_the_table_allows() {
    let too_deep = refused(|genesis| genesis.predecessor.as_mut().unwrap().depth = 1_001);
    let (depth, most) = (1_001, 1_000);
    assert_eq!(too_deep, SuccessionError::Depth { depth, most });
    let understated = refused(|genesis| genesis.predecessor.as_mut().unwrap().depth = 0);
    let (depth, most) = (1, 0);
    assert_eq!(understated, SuccessionError::Depth { depth, most });
}

#[test]
fn a_successor_takes_over_from_this_table_and_this_branch_alone() {
    let elsewhere = refused(|genesis| {
        genesis.predecessor.as_mut().unwrap().table.0 = Digest::ZERO;
    });
    assert_eq!(elsewhere, SuccessionError::OtherTable);
    let fresh = refused(|genesis| genesis.predecessor = None);
    assert_eq!(fresh, SuccessionError::OtherTable);
    for change in [
        (|from| from.branch = Digest::ZERO) as fn(&mut Predecessor),
        |from| from.carried = Digest::ZERO,
        |from| from.height = Height(2),
    ] {
        let other = refused(|genesis| change(genesis.predecessor.as_mut().unwrap()));
        assert_eq!(other, SuccessionError::OtherBranch);
    }
}

#[test]
fn a_successor_changes_neither_the_game_nor_who_holds_what_under_which_name() {
    let rules = refused(|genesis| genesis.version += 1);
    assert_eq!(rules, SuccessionError::OtherTerms("the game"));
    let policy = refused(|genesis| genesis.bounds.share_bytes += 1);
    assert_eq!(policy, SuccessionError::OtherTerms("a policy"));
    let stranger = SecretKey::from_bytes(&[99; 32]);
    let thief = refused(|genesis| genesis.seats[0].key = stranger.public());
    assert_eq!(thief, SuccessionError::OtherHolder(seat(0)));
    let witness = refused(|genesis| {
        let run_by = genesis.seats[0].name.clone();
        genesis.seats[1].kind = SeatKind::Witness { run_by };
    });
    assert_eq!(witness, SuccessionError::OtherHolder(seat(2)));
    let somebody = Name::new("Somebody").unwrap();
    let renamed = refused(|genesis| genesis.seats[1].name = somebody.clone());
    assert_eq!(renamed, SuccessionError::OtherHolder(seat(2)));
}

#[test]
fn nobody_is_left_out_as_guilty_without_a_proof_and_nobody_guilty_stays() {
    let table = forked(Protocol::Pbft);
    let mut succession = agreed(&table, Seats::NONE);
    succession.proofs = PerSeat::default();
    let unproven = |seat, why| Err(SuccessionError::Unproven { seat, why });
    assert_eq!(
        check(&table, &succession),
        unproven(seat(MAL), EvidenceError::NoContradiction)
    );
    succession.proofs = [proof(&table, MAL), proof(&table, 2)].into_iter().collect();
    assert_eq!(
        check(&table, &succession),
        Err(SuccessionError::Guilty(seat(2)))
    );
    let (_, about_mal) = proof(&table, MAL);
    succession.proofs = [(seat(2), about_mal)].into_iter().collect();
    assert_eq!(
        check(&table, &succession),
        unproven(seat(2), EvidenceError::Stranger(seat(2)))
    );
}

#[test]
fn a_successor_does_not_start_without_the_game_that_everybody_signed() {
    let table = forked(Protocol::Pbft);
    let succession = agreed(&table, Seats::NONE);
    let setup = || Setup {
        game: Arc::clone(table.engines[0].table().play().unwrap().game()),
        fingerprint: table.genesis().fingerprint,
        genesis: succession.signed.clone(),
        signer: None,
        verifier: Arc::new(AnyScheme),
        entropy: [0; 32],
        anchor: None,
    };
    let now = Now::default();
    let without = Engine::new(setup(), Journal::default(), now).unwrap_err();
    assert_eq!(without, StartError::Carried(CarryError::Nothing));
    let (later, _) = table.engines[0].table().carry().unwrap();
    let other = Engine::succeed(setup(), later, Journal::default(), now).unwrap_err();
    assert_eq!(other, StartError::Carried(CarryError::Other));
}

#[test]
fn all_who_were_of_one_mind_draft_the_same() {
    let table = forked(Protocol::Pbft);
    let draft = |by| {
        let state = branch(&table, by);
        let origin: Origin<'_> = state.origin(Height(4)).unwrap();
        origin.draft(guilty(), Seats::NONE, 1, Wall(5)).table()
    };
    assert_eq!(draft(0), draft(3));
}
