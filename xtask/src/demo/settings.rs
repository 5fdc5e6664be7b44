//! The configuration the server is started with.

use std::path::Path;

use super::state::Contract;

/// What changes from run to run and from machine to machine.
pub struct Settings<'a> {
    /// The port of the portal.
    pub port: u16,
    /// The port of the database.
    pub postgres_port: u16,
    /// The password of the role for co-ops.
    pub app_password: &'a str,
    /// The password of the role for accounts.
    pub global_password: &'a str,
    /// The node's address.
    pub chain_url: &'a str,
    /// The contract.
    pub contract: &'a Contract,
    /// The folder of the demonstration.
    pub folder: &'a Path,
    /// Where a page finds who can sign in.
    pub demonstration: Option<&'a Path>,
    /// Where servers of models may be on this machine, as origins.
    pub models: &'a [String],
}

impl Settings<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let Self {
            port,
            postgres_port,
            app_password,
            global_password,
            chain_url,
            contract,
            folder,
            demonstration,
            models,
        } = self;
        // A string of JSON is one of TOML too.
        let place = |path: &Path| serde_json::Value::from(path.display().to_string()).to_string();
        format!(
            "# Written by `cargo xtask demo` at each start.\n\
             [server]\naddress = \"127.0.0.1:{port}\"\npublic_url = \"http://localhost:{port}\"\n\
             # One person plays everybody here, from one address.\n\
             attempts_per_minute = 120\n\n\
             [database]\n\
             app_url = \"postgres://rochdale_app:{app_password}@127.0.0.1:{postgres_port}/rochdale\"\n\
             global_url = \"postgres://rochdale_global:{global_password}@127.0.0.1:{postgres_port}/rochdale\"\n\n\
             [secrets]\nfolder = {}\n\n\
             [chain]\nrpc_url = \"{chain_url}\"\nchain_id = 31337\ngenesis = \"{}\"\ncontract = \"{}\"\nposter_key_file = {}\nseal_seconds = 10\n\n\
             [mail]\nkind = \"folder\"\npath = {}\nfrom = \"Rochdale <no-reply@localhost>\"\n\n\
             [log]\nfolder = {}\n\n\
             [portal]\n{}\n\
             [gateway]\nallowed_origins = {}\n",
            place(&folder.join("secrets")),
            contract.genesis,
            contract.contract,
            place(&folder.join("poster_key")),
            place(&folder.join("mailbox")),
            place(&folder.join("log")),
            demonstration.map_or_else(String::new, |file| format!("demonstration = {}\n", place(file))),
            serde_json::Value::from(*models),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_reads_as_toml_whatever_the_folder_is_called() {
        let contract = Contract {
            contract: String::from("0x01"),
            genesis: String::from("0x02"),
        };
        let settings = Settings {
            port: 8080,
            postgres_port: 5433,
            app_password: "a",
            global_password: "b",
            chain_url: "http://127.0.0.1:8545",
            contract: &contract,
            folder: Path::new("/home/a \"b\" c"),
            demonstration: Some(Path::new("/home/demonstration.json")),
            models: &[String::from("http://127.0.0.1:8081")],
        };
        let table: toml::Table = toml::from_str(&settings.text()).unwrap();
        assert_eq!(table["secrets"]["folder"].as_str(), Some("/home/a \"b\" c/secrets"));
        assert_eq!(table["server"]["address"].as_str(), Some("127.0.0.1:8080"));
        assert_eq!(
            table["portal"]["demonstration"].as_str(),
            Some("/home/demonstration.json")
        );
        assert_eq!(
            table["gateway"]["allowed_origins"][0].as_str(),
            Some("http://127.0.0.1:8081")
        );
    }
}
