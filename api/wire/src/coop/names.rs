//! The closed lists of names, for the description of the API alone; the types of `governance` read and write them.

/// What a member is to the co-op.
#[derive(utoipa::ToSchema)]
#[schema(as = Class, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum ClassName {
    Worker,
    User,
    Supporter,
    Observer,
}

/// Where a membership stands.
#[derive(utoipa::ToSchema)]
#[schema(as = MemberStatus, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum StatusName {
    Active,
    Suspended,
    Left,
    Expelled,
}

/// An office.
#[derive(utoipa::ToSchema)]
#[schema(as = Role, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum RoleName {
    Steward,
    Treasurer,
    Auditor,
}

/// How people join.
#[derive(utoipa::ToSchema)]
#[schema(as = Admission, rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum AdmissionName {
    Invitation,
    Application,
}

#[cfg(test)]
mod tests {
    use governance::membership::{Class, Role, Status};
    use utoipa::PartialSchema;

    use super::*;

    fn described<T: PartialSchema>() -> Vec<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["enum"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_description_names_what_the_domain_knows() {
        assert_eq!(
            described::<ClassName>(),
            Class::ALL.iter().map(|value| value.name()).collect::<Vec<_>>()
        );
        assert_eq!(
            described::<StatusName>(),
            Status::ALL.iter().map(|value| value.name()).collect::<Vec<_>>()
        );
        assert_eq!(
            described::<RoleName>(),
            Role::ALL.iter().map(|value| value.name()).collect::<Vec<_>>()
        );
    }
}
