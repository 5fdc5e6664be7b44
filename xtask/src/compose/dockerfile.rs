//! As much of a Dockerfile as we write.

/// The instructions we use.
const INSTRUCTIONS: [&str; 12] = [
    "FROM",
    "WORKDIR",
    "COPY",
    "RUN",
    "ENV",
    "ARG",
    "USER",
    "EXPOSE",
    "VOLUME",
    "ENTRYPOINT",
    "CMD",
    "LABEL",
];

/// A Dockerfile as a list of instructions.
pub struct Dockerfile {
    instructions: Vec<(String, String)>,
}

impl Dockerfile {
    /// Splits it into instructions; a line that ends with a backslash goes on.
    pub fn parse(text: &str) -> Self {
        let joined = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n")
            .replace("\\\n", " ");
        let instructions = joined
            .lines()
            .filter_map(|line| line.trim().split_once(' '))
            .map(|(name, rest)| (name.to_owned(), rest.trim().to_owned()))
            .collect();
        Self { instructions }
    }

    /// The names of the stages.
    pub fn stages(&self) -> Vec<String> {
        self.of("FROM")
            .filter_map(|from| from.split_once(" AS ").map(|(_, name)| name.to_owned()))
            .collect()
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &str> {
        self.instructions
            .iter()
            .filter(move |(instruction, _)| instruction == name)
            .map(|(_, rest)| rest.as_str())
    }

    /// What is wrong; `exists` tells whether a path is in the repository.
    pub fn problems(&self, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut problems = Vec::new();
        let mut stages: Vec<&str> = Vec::new();
        let mut user = "root";
        for (instruction, rest) in &self.instructions {
            match instruction.as_str() {
                "FROM" => {
                    let (image, stage) = rest.split_once(" AS ").unwrap_or((rest, ""));
                    if !stages.contains(&image) && image.split_once(':').is_none_or(|(_, tag)| tag == "latest") {
                        problems.push(format!("Dockerfile: the image {image} needs a tag that does not move"));
                    }
                    stages.push(stage);
                    user = "root";
                }
                "USER" => user = rest,
                "COPY" => problems.extend(copy_problem(rest, &stages, exists)),
                "CMD" | "ENTRYPOINT" if !rest.starts_with('[') => {
                    problems.push(format!(
                        "Dockerfile: {instruction} must be in its JSON form, or signals do not reach the program"
                    ));
                }
                name if !INSTRUCTIONS.contains(&name) => {
                    problems.push(format!("Dockerfile: {name} is no instruction we know"))
                }
                _ => {}
            }
        }
        if user == "root" || user.starts_with("0") {
            problems.push(String::from("Dockerfile: the last stage runs as root"));
        }
        problems
    }
}

fn copy_problem(rest: &str, stages: &[&str], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    words.pop();
    if let Some(stage) = words.first().and_then(|word| word.strip_prefix("--from=")) {
        let known = stages.contains(&stage);
        return if known {
            Vec::new()
        } else {
            vec![format!("Dockerfile: there is no earlier stage {stage} to copy from")]
        };
    }
    let missing = words.iter().filter(|word| !exists(word));
    missing
        .map(|word| format!("Dockerfile: {word} is not in the repository"))
        .collect()
}
