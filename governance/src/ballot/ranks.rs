//! A ranking in which candidates may be equal.

/// Groups of equally preferred candidates, the most preferred first, laid end to end: a count holds a million of them at once, and a
/// list of lists takes ten times the memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranks {
    /// Everyone who is ranked, group after group.
    order: Vec<u16>,
    /// Where each group ends in `order`.
    ends: Vec<u16>,
}

impl Ranks {
    /// Lays out candidates whose ranks go up from 1 by at most one; each group is put in ascending order.
    ///
    /// # Errors
    /// The position, from 1, of the first whose rank is neither that of the one before it nor the next.
    pub(super) fn read(candidates: &[u16], ranks: &[u32]) -> Result<Self, usize> {
        let (mut last, mut begin) = (0_u32, 0);
        let mut all = Self {
            order: candidates.to_vec(),
            ends: Vec::with_capacity(candidates.len()),
        };
        for (position, rank) in (0_usize..).zip(ranks) {
            if *rank != last || last == 0 {
                if Some(*rank) != last.checked_add(1) {
                    return Err(position.saturating_add(1));
                }
                all.end_group(begin, position);
                begin = position;
            }
            last = *rank;
        }
        all.end_group(begin, candidates.len());
        Ok(all)
    }

    fn end_group(&mut self, begin: usize, end: usize) {
        if let (Some(group @ [_, ..]), Ok(place)) = (self.order.get_mut(begin..end), u16::try_from(end)) {
            group.sort_unstable();
            self.ends.push(place);
        }
    }

    /// The groups, the most preferred first; none of them is empty, and a blank ballot has none.
    pub fn groups(&self) -> impl Iterator<Item = &[u16]> {
        let ends = self.ends.iter().map(|end| usize::from(*end));
        let begins = std::iter::once(0).chain(ends.clone());
        begins.zip(ends).filter_map(|(begin, end)| self.order.get(begin..end))
    }
}
