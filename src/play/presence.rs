//! Who is heard from at a table with others, as its players notice it.

use crate::Seats;

/// Who was heard from lately, and whose silence was told.
#[derive(Debug, Default)]
pub(super) struct Presence {
    here: Seats,
    lost: Seats,
}

/// A change that players are told of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) seats: Seats,
    /// Whether they are heard again, and not lost.
    back: bool,
}

impl Told {
    /// What is said behind the names.
    pub(super) fn are(&self) -> &'static str {
        match (self.back, self.seats.len()) {
            (false, 1) => "is not heard from any more",
            (false, _) => "are not heard from any more",
            (true, 1) => "is heard again",
            (true, _) => "are heard again",
        }
    }
}

impl Presence {
    /// What is to be told when these are heard from, of those who are `seated`. While devices
    /// find each other at the start nobody is lost, and so nobody is back.
    pub(super) fn hear(&mut self, now: Seats, seated: Seats) -> Vec<Told> {
        self.lost = self.lost & seated;
        let (lost, back) = ((self.here - now) & seated, self.lost & now);
        self.lost = (self.lost | lost) - back;
        self.here = now;
        let told = [(lost, false), (back, true)];
        let told = told.into_iter().filter(|(seats, _)| !seats.is_empty());
        told.map(|(seats, back)| Told { seats, back }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seat;

    #[test]
    fn who_goes_is_told_once_and_so_is_who_is_back() {
        let all = Seats::first(3);
        let [ann, bob, eve] = [0, 1, 2].map(|index| Seats::from(Seat::new(index).unwrap()));
        let mut presence = Presence::default();
        let mut said = |now, seated| -> Vec<String> {
            let told = presence.hear(now, seated);
            let told = told.iter();
            told.map(|told| format!("{:?} {}", told.seats, told.are()))
                .collect()
        };
        let nothing: [String; 0] = [];
        assert_eq!(said(ann, all), nothing, "nobody is lost who never was here");
        assert_eq!(said(all, all), nothing);
        let gone = format!("{:?} are not heard from any more", bob | eve);
        assert_eq!(said(ann, all), [gone]);
        assert_eq!(said(ann, all), nothing);
        assert_eq!(said(ann | bob, all), [format!("{bob:?} is heard again")]);
        assert_eq!(
            said(ann | bob, ann | bob),
            nothing,
            "a newcomer has her seat"
        );
        assert_eq!(said(all, all), nothing, "and was never lost");
        assert_eq!(
            said(ann | bob, ann | bob),
            nothing,
            "who left the table is told otherwise"
        );
    }
}
