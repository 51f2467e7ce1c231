//! The demo: its rules against published figures and by scripted rolls, its screen on a terminal of
//! text, its keys and its command line.

#[path = "../../examples/craps/auto.rs"]
mod auto;
#[path = "../../examples/craps/bots.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod bots;
#[path = "../../examples/craps/cli.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod cli;
#[path = "../../examples/craps/crew.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod crew;
#[path = "../../examples/craps/app/diary.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod diary;
#[path = "../../examples/craps/app/dice_show.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod dice_show;
#[path = "../../examples/craps/app/keys.rs"]
mod keys;
#[path = "../../examples/craps/app/paper.rs"]
mod paper;
#[path = "../../examples/craps/rules/mod.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod rules;
#[path = "../../examples/craps/screen/mod.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod screen;
#[path = "../../examples/craps/summary.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod summary;
#[path = "../../examples/craps/app/wording.rs"]
mod wording;

mod chance;
mod command_line;
mod edges;
mod fraction;
mod payouts;
mod peers;
mod pictures;
mod play;
mod pressing;
mod telling;
mod tumbling;
mod verifying;
