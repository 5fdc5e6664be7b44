//! How much weight gave each grade to each option.

use super::CountRefusal;
use super::points::{Contest, Sums};
use super::sheet::number;

/// The most numbers a histogram may hold, options times grades.
pub const CELLS_MAX: usize = 1 << 20;

/// Grades from 0, the worst, of every option, as weights; and their sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    rows: Vec<Vec<u128>>,
    sums: Sums,
    withdrawn: Vec<u16>,
}

impl Histogram {
    /// No ballots yet; grades go from 0 to `best`.
    ///
    /// # Errors
    /// As [`Contest::check`]; [`CountRefusal::TooManyOptions`] above [`CELLS_MAX`] numbers.
    pub fn new(contest: &Contest, best: u32) -> Result<Self, CountRefusal> {
        let sums = Sums::new(contest)?;
        let options = usize::from(contest.options);
        let width = usize::try_from(best).unwrap_or(usize::MAX).saturating_add(1);
        if options.saturating_mul(width) > CELLS_MAX {
            return Err(CountRefusal::TooManyOptions);
        }
        Ok(Self {
            rows: vec![vec![0; width]; options],
            sums,
            withdrawn: contest.withdrawn.clone(),
        })
    }

    /// Adds a ballot of this weight that grades options; an empty one is blank.
    ///
    /// # Errors
    /// [`CountRefusal`] for an option that does not exist or stands twice, a grade beyond the best, and too much weight; nothing
    /// is added then.
    pub fn add(&mut self, grades: &[(u16, u32)], weight: u128) -> Result<(), CountRefusal> {
        let width = self.rows.first().map_or(0, Vec::len);
        let beyond = grades
            .iter()
            .find(|(_, grade)| usize::try_from(*grade).is_ok_and(|grade| grade >= width));
        if let Some((option, _)) = beyond {
            return Err(CountRefusal::UnknownGrade(number(*option)));
        }
        self.sums.add(grades, weight)?;
        for (option, grade) in grades.iter().filter(|(option, _)| !self.withdrawn.contains(option)) {
            let row = self.rows.get_mut(usize::from(*option));
            if let Some(cell) = row.and_then(|row| row.get_mut(usize::try_from(*grade).ok()?)) {
                *cell = cell.saturating_add(weight);
            }
        }
        Ok(())
    }

    /// The rows with what is missing counted as the worst grade, so that every option that stands has as many grades as there are
    /// valid ballots.
    pub(super) fn filled(&self) -> Vec<Vec<u128>> {
        let valid = self.sums.weights.valid;
        let mut rows = self.rows.clone();
        for (option, row) in (0..).zip(&mut rows) {
            let missing = valid.saturating_sub(weight_of(row));
            if let Some(worst) = row.first_mut().filter(|_| !self.withdrawn.contains(&option)) {
                *worst = worst.saturating_add(missing);
            }
        }
        rows
    }

    /// The rows as ballots gave them.
    #[must_use]
    pub fn rows(&self) -> &[Vec<u128>] {
        &self.rows
    }

    /// The sums of the grades.
    #[must_use]
    pub const fn sums(&self) -> &Sums {
        &self.sums
    }
}

/// How much weight stands in a row.
pub(super) fn weight_of(row: &[u128]) -> u128 {
    row.iter().copied().fold(0, u128::saturating_add)
}
