//! How many files and connections the process may hold open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of this process to the most that the system lets it have, and gives it back; `None` is no limit.
///
/// Many systems start programs with 1,024, a limit kept low for programs that use `select`. This one does not, each client holds a
/// connection, and one that finds no free file is not even told so.
///
/// # Errors
/// If the system does not let the process have what it said it may; the limit then stays as it was.
pub fn raise_limit() -> std::io::Result<Option<u64>> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised)?;
    }
    Ok(limit.maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_to_the_most_that_is_allowed() {
        let most = getrlimit(Resource::Nofile).maximum;
        let low = Rlimit {
            current: Some(256),
            maximum: most,
        };
        setrlimit(Resource::Nofile, low).unwrap();
        assert_eq!(raise_limit().unwrap(), most);
        assert_eq!(getrlimit(Resource::Nofile).current, most);
    }
}
