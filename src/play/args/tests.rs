//! What the command line understands, and what it says of what it does not.

use super::*;

fn of(line: &str) -> Result<Command, ArgsError> {
    parse(line.split_whitespace().map(str::to_owned))
}

#[test]
fn a_version_is_told_whatever_else_stands_there() {
    for line in ["--version", "-V", "host --version"] {
        assert_eq!(of(line).unwrap(), Command::Version, "{line}");
    }
}

#[test]
fn nothing_at_all_plays_on_this_device() {
    assert_eq!(
        of("").unwrap(),
        Command::Here {
            people: None,
            bots: 0
        }
    );
    assert_eq!(
        of("2 --bots 3").unwrap(),
        Command::Here {
            people: Some(2),
            bots: 3
        }
    );
}

#[test]
fn a_table_is_hosted_with_its_options() {
    let Command::Online(online) = of("host --seats 4 --name Ann --loopback").unwrap() else {
        panic!("not online");
    };
    let four = Hosting {
        seats: Some(4),
        ..Hosting::default()
    };
    assert_eq!(online.wanted, Wanted::Host(four));
    let Command::Online(listening) = of("host --listen 0.0.0.0:4001").unwrap() else {
        panic!("not online");
    };
    assert_eq!(listening.listen.len(), 2, "QUIC and TCP");
    assert_eq!(
        (&*online.name, online.loopback, online.data),
        ("Ann", true, None)
    );
}

#[test]
fn who_hosts_chooses_how_the_devices_agree() {
    let line = "host --protocol tendermint --signatures ml-dsa-87 --schedule round-robin --bots 2";
    let Command::Online(online) = of(line).unwrap() else {
        panic!("not online");
    };
    let chosen = Hosting {
        bots: 2,
        protocol: Protocol::Tendermint,
        signatures: Scheme::MlDsa87,
        schedule: Schedule::RoundRobin,
        ..Hosting::default()
    };
    assert_eq!(online.wanted, Wanted::Host(chosen));
    assert_eq!(
        of("host --protocol raft").unwrap_err().to_string(),
        "--protocol \"raft\": it wants pbft or tendermint"
    );
    assert_eq!(
        of("join --lan --protocol pbft").unwrap_err().to_string(),
        "--protocol goes with host or storm only"
    );
}

#[test]
fn a_storm_signs_as_it_is_told() {
    let Command::Storm(storm) = of("storm --signatures ml-dsa-87").unwrap() else {
        panic!("no storm");
    };
    assert_eq!(storm.signatures, Some(Scheme::MlDsa87));
    assert_eq!(
        of("host --signatures rsa").unwrap_err().to_string(),
        "--signatures \"rsa\": it wants ed25519 or ml-dsa-87"
    );
}

#[test]
fn a_storm_has_its_options_and_a_file_is_listed_as_json() {
    let Command::Storm(storm) = of("storm --seats 5 --seeds 9 --cheat framer").unwrap() else {
        panic!("no storm");
    };
    assert_eq!(
        (storm.seats, storm.seeds, storm.protocol),
        (Some(5), 9, None)
    );
    assert_eq!(
        storm.cheat.map(crate::testkit::attack::Kind::name),
        Some("framer")
    );
    assert_eq!(of("storm --cheat help").unwrap(), Command::Cheats);
    let traitors = of("storm --traitors").unwrap();
    assert!(matches!(
        traitors,
        Command::Storm(Storm { traitors: true, .. })
    ));
    let unknown = of("storm --cheat nicely").unwrap_err().to_string();
    assert!(unknown.contains("no way to cheat"), "{unknown}");
    assert_eq!(
        of("host --cheat framer").unwrap_err().to_string(),
        "--cheat goes with storm only"
    );
    let (file, json) = (PathBuf::from("a.transcript"), true);
    let verify = of("verify a.transcript --json").unwrap();
    assert_eq!(verify, Command::Verify { file, json });
}

#[test]
fn what_makes_no_sense_is_named() {
    assert_eq!(
        of("hots").unwrap_err().to_string(),
        "\"hots\" is no command"
    );
    assert_eq!(
        of("join").unwrap_err().to_string(),
        "join what? put the link behind it"
    );
    assert!(
        of("join quorate:1")
            .unwrap_err()
            .to_string()
            .contains("character '1'")
    );
    assert_eq!(
        of("host --seats many").unwrap_err().to_string(),
        "--seats \"many\": it wants a number up to 255"
    );
    assert_eq!(
        of("2 --data folder").unwrap_err().to_string(),
        "--data goes with host, join or watch only"
    );
    assert!(of("host --listen nowhere").is_err());
    assert!(of("verify").is_err());
    for line in [
        "check extra",
        "nearby x",
        "join --lan foo",
        "verify a b",
        "2 3",
        "host here",
    ] {
        let said = of(line).unwrap_err().to_string();
        assert!(said.ends_with("is one word too many"), "{line}: {said}");
    }
    assert!(matches!(
        of("storm --seed 1 --seeds 2"),
        Err(ArgsError::TwoSeeds)
    ));
    assert!(of("--frobnicate").is_err());
}
