//! What people write and models answer, in a wrapping that cannot be logged.

/// A value that has neither `Debug` nor `Display` nor `Serialize`, so that no line of a log and no error can hold it by accident.
pub struct Content<T>(T);

impl<T> Content<T> {
    /// Wraps it.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// What is inside; on its way to an upstream or to the client who asked, and nowhere else.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// As [`Self::expose`], to change it.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// Takes it out.
    pub fn into_inner(self) -> T {
        self.0
    }
}
