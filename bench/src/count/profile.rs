//! Random elections.

use std::fmt::Write as _;

/// Rankings of a random election, every candidate on each, always the same for the same numbers.
pub struct Election {
    /// How many candidates.
    pub candidates: u16,
    /// Places.
    pub seats: u16,
    /// Each ballot, the most preferred first.
    pub ballots: Vec<Vec<u16>>,
}

impl Election {
    /// Candidates are liked unequally, so that ballots have something in common and nobody ties.
    pub fn random(ballots: u32, candidates: u16, seats: u16) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let paper = |_| {
            let mut order: Vec<(u64, u16)> = (0..candidates)
                .map(|one| (next() % (1000 + 20 * u64::from(one)), one))
                .collect();
            order.sort_unstable();
            order.into_iter().map(|(_, one)| one).collect()
        };
        Self {
            candidates,
            seats,
            ballots: (0..ballots).map(paper).collect(),
        }
    }

    /// As a ballot file.
    pub fn blt(&self) -> String {
        self.lines(String::new(), |one| (one + 1).to_string())
    }

    /// As a ballot file whose ballots give candidates short names, as stv-rs wants them.
    pub fn nicknamed(&self) -> String {
        let nick = |one: u16| format!("c{}", one + 1);
        let nicks: Vec<String> = (0..self.candidates).map(nick).collect();
        self.lines(format!("[nick {}]\n", nicks.join(" ")), nick)
    }

    fn lines(&self, options: String, name: impl Fn(u16) -> String) -> String {
        let mut text = format!("{} {}\n{options}", self.candidates, self.seats);
        for ballot in &self.ballots {
            text.push('1');
            for one in ballot {
                text.push(' ');
                text.push_str(&name(*one));
            }
            text.push_str(" 0\n");
        }
        text.push_str("0\n");
        for one in 1..=self.candidates {
            let _ = writeln!(text, "\"Candidate {one}\"");
        }
        text.push_str("\"Random\"\n");
        text
    }
}
