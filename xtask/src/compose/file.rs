//! As much of docker-compose.yml as we write: a key that is not here is a mistake, or has to be added here first.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// When a service may start, seen from one it depends on.
const CONDITIONS: [&str; 3] = ["service_started", "service_healthy", "service_completed_successfully"];

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compose {
    #[serde(rename = "name")]
    _name: String,
    /// What several services share, named with an anchor; engines ignore it.
    #[serde(rename = "x-environment", default)]
    _environment: IgnoredAny,
    /// The services by name.
    pub services: BTreeMap<String, Service>,
    #[serde(default)]
    configs: BTreeMap<String, Config>,
    #[serde(default)]
    volumes: BTreeMap<String, Option<IgnoredAny>>,
}

/// One service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The image's name.
    pub image: Option<String>,
    build: Option<Build>,
    /// The profiles it belongs to; none means always.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// What is executed, where it is not what the image says.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// Its arguments.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its environment; without a value, a variable is passed on.
    #[serde(default)]
    pub environment: BTreeMap<String, Option<String>>,
    #[serde(default)]
    configs: Vec<ConfigUse>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    depends_on: BTreeMap<String, Dependency>,
    healthcheck: Option<Health>,
    restart: Option<String>,
    #[serde(rename = "read_only", default)]
    _read_only: bool,
    #[serde(rename = "tmpfs", default)]
    _tmpfs: Vec<String>,
    #[serde(rename = "cap_drop", default)]
    _cap_drop: Vec<String>,
    #[serde(rename = "security_opt", default)]
    _security_opt: Vec<String>,
    #[serde(rename = "stop_signal")]
    _stop_signal: Option<String>,
    #[serde(rename = "stop_grace_period")]
    _stop_grace_period: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    #[serde(rename = "context")]
    _context: String,
    target: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(rename = "content")]
    _content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigUse {
    source: String,
    #[serde(rename = "target")]
    _target: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    condition: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Health {
    test: Vec<String>,
    #[serde(rename = "interval")]
    _interval: String,
    #[serde(rename = "timeout")]
    _timeout: String,
    #[serde(rename = "retries")]
    _retries: u32,
    #[serde(rename = "start_period")]
    _start_period: Option<String>,
}

impl Compose {
    /// Reads the file; an unknown key is refused by name.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| format!("docker-compose.yml: {error}"))
    }

    /// What is wrong between its parts, and against the stages of the Dockerfile.
    pub fn problems(&self, stages: &[String]) -> Vec<String> {
        self.services
            .iter()
            .flat_map(|(name, service)| {
                self.service_problems(service, stages)
                    .into_iter()
                    .map(move |problem| format!("the service {name} {problem}"))
            })
            .collect()
    }

    fn service_problems(&self, service: &Service, stages: &[String]) -> Vec<String> {
        let mut problems = Vec::new();
        let tag = service
            .image
            .as_deref()
            .and_then(|image| image.split_once(':'))
            .map(|(_, tag)| tag);
        if service.build.is_none() && tag.is_none_or(|tag| tag == "latest") {
            problems.push(String::from("needs an image with a tag that does not move"));
        }
        if let Some(build) = service.build.as_ref().filter(|build| !stages.contains(&build.target)) {
            problems.push(format!(
                "is built from the stage {}, which the Dockerfile does not have",
                build.target
            ));
        }
        for (other, dependency) in &service.depends_on {
            problems.extend(self.dependency_problem(other, &dependency.condition));
        }
        for used in service
            .configs
            .iter()
            .filter(|used| !self.configs.contains_key(&used.source))
        {
            problems.push(format!("uses the config {}, which is not there", used.source));
        }
        for volume in &service.volumes {
            let source = volume.split(':').next().unwrap_or_default();
            if !source.starts_with(['.', '/']) && !self.volumes.contains_key(source) {
                problems.push(format!("uses the volume {source}, which is not declared"));
            }
        }
        for port in service.ports.iter().filter(|port| !port.starts_with("127.0.0.1:")) {
            problems.push(format!("opens {port} to everyone; only loopback is right without TLS"));
        }
        if service
            .healthcheck
            .as_ref()
            .is_some_and(|health| health.test.first().is_none_or(|first| first != "CMD"))
        {
            problems.push(String::from("has a health check that does not begin with CMD"));
        }
        if let Some(restart) = service.restart.as_ref().filter(|restart| *restart != "unless-stopped") {
            problems.push(format!("restarts {restart}; we write unless-stopped"));
        }
        problems
    }

    fn dependency_problem(&self, other: &str, condition: &str) -> Option<String> {
        let Some(service) = self.services.get(other) else {
            return Some(format!("depends on {other}, which is not there"));
        };
        if !CONDITIONS.contains(&condition) {
            return Some(format!("waits for {condition}, which is no condition"));
        }
        (condition == "service_healthy" && service.healthcheck.is_none())
            .then(|| format!("waits until {other} is healthy, which has no health check"))
    }
}
