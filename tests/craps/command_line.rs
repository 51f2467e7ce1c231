//! What the command line understands, and what it says about the rest.

use quorate::{Protocol, Schedule, Scheme};

use crate::cli::{Command, Options, parse};

#[test]
fn without_arguments_you_play_against_bots() {
    assert_eq!(parsed(""), Ok((Command::Demo, Options::default())));
}

#[test]
fn auto_takes_seats_rounds_a_seed_and_json() {
    let (command, options) = parsed("auto --seats 7 --rounds 200 --seed 5 --json").unwrap();
    assert_eq!(command, Command::Auto);
    assert_eq!(
        (options.seats, options.rounds, options.seed),
        (7, Some(200), Some(5))
    );
    assert!(options.json);
}

#[test]
fn who_opens_a_table_chooses_protocol_signatures_and_schedule() {
    let line = "auto --rounds 5 --protocol tendermint --signatures ml-dsa-87 --schedule to-act";
    let (_, options) = parsed(line).unwrap();
    assert_eq!(
        (options.protocol, options.signatures, options.schedule),
        (Protocol::Tendermint, Scheme::MlDsa87, Schedule::ToAct)
    );
    let (_, usual) = parsed("auto --rounds 5").unwrap();
    assert_eq!(
        (usual.protocol, usual.signatures, usual.schedule),
        (Protocol::Pbft, Scheme::Ed25519, Schedule::HashScore)
    );
}

#[test]
fn host_takes_everything_that_a_table_needs() {
    let line = "host --seats 4 --bots 2 --auto --listen 0.0.0.0:4001 --data here --name Zoe";
    let (command, options) = parsed(line).unwrap();
    assert_eq!(command, Command::Host);
    assert_eq!(
        (options.bots, options.auto, &*options.name),
        (2, true, "Zoe")
    );
    assert_eq!(options.data.as_deref(), Some("here".as_ref()));
    let listen: Vec<_> = options.listen.iter().map(ToString::to_string).collect();
    assert_eq!(
        listen,
        ["/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001"]
    );
}

#[test]
fn listening_takes_ipv6_and_multiaddrs_too() {
    let listen = |line: &str| {
        let (_, options) = parsed(line).unwrap();
        options
            .listen
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(listen("host --listen [::]:9")[1], "/ip6/::/tcp/9");
    assert_eq!(
        listen("host --listen /ip4/10.0.0.1/tcp/5"),
        ["/ip4/10.0.0.1/tcp/5"]
    );
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    for (line, says) in [
        ("host --cheat double-vote", "--cheat is for storm"),
        ("storm --cheat nicely", "no way to cheat"),
        ("host --witness", "--witness is for join"),
        ("auto --rounds 5 --witnesses 1", "--witnesses is for host"),
        ("join", "needs a link"),
        (
            "auto --rounds 5 --protocol raft",
            "there are pbft, tendermint",
        ),
        ("auto --rounds 5 --schedule mine", "there are hash-score"),
        ("join --lan --protocol tendermint", "who opens the table"),
        ("join quorate:nonsense", "no link to a table"),
        ("join quorate:a --lan", "not both"),
        ("host --lan", "--lan is for join"),
        ("host --seats 4 --bots 4", "no room"),
        ("auto --rounds 0", "at least 1"),
        ("auto --rounds 1 --seats 0", "not at 0"),
        ("host --seats 99", "not at 99"),
        ("auto --rounds 1 --bots 7", "--bots is for host, join"),
        ("storm --rounds 1", "--rounds is for auto, host, join"),
        ("verify f --seats 3", "--seats is for auto"),
        ("storm --seeds 0", "--seeds \"0\""),
        ("storm --seeds x", "--seeds \"x\": invalid digit"),
        ("storm --seeds 2 --seed 1", "not both"),
        ("join quorate:a quorate:b", "cannot join"),
        ("auto", "needs --rounds"),
        ("dance", "cannot dance"),
        ("host --listen nowhere", "nowhere"),
        ("--seats many", "many"),
        ("host --colour", "--colour"),
    ] {
        let error = parsed(line).expect_err(line);
        assert!(error.contains(says), "{line}: {error}");
    }
}

#[test]
fn what_to_try_is_left_to_the_program_to_say() {
    assert_eq!(parsed("bogus"), Err("cannot bogus".to_owned()));
}

fn parsed(line: &str) -> Result<(Command, Options), String> {
    parse(line.split_whitespace().map(Into::into)).map_err(|error| error.to_string())
}
