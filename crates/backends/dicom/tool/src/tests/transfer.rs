//! Templates and rules as a file: out of one store, into another.

use super::Site;
use super::cases::{Image, diffusion, field_map, moco, site};
use serde_json::{Value as Json, json};
use tieline_commandline::{USAGE, WELL};

fn whole() -> Site {
    site(|site, below, session| {
        field_map(site, below, session);
        diffusion(site, below, session);
        moco(site, below, session);
    })
}

fn export(site: &Site) -> (String, Json) {
    let path = site.folder.path().join("templates.json").display().to_string();
    let told = site.run(&["templates", "export", &path]);
    assert_eq!(told.code, WELL, "{told:?}");
    let json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    (path, json)
}

#[test]
fn what_was_exported_judges_alike_where_it_is_imported() {
    let own = whole();
    let (path, json) = export(&own);
    assert_eq!(json["templates"].as_array().unwrap().len(), 4);
    let other = Site::new();
    let told = other.run(&["templates", "import", &path]);
    assert!(told.code == WELL && told.out.is_empty() && told.diagnostics.contains("4 templates"), "{told:?}");
    assert_eq!(export(&other).1, json);
    other.run(&["templates", "import", &path]);
    assert_eq!(export(&other).1, json, "twice is once");
    let check = |site: &Site| {
        let path = own.folder.path().join("live/s3/MR.7.2.dcm").display().to_string();
        site.run(&["check", &path]).out
    };
    assert!(check(&other).contains("conforms to its template") && check(&own).contains("(set"), "{}", check(&other));
    // What is counted here is added to what was told, and a chosen one beats both.
    own.run(&["templates", "import", &path, "--choose"]);
    assert!(export(&own).1["templates"].as_array().unwrap().iter().all(|one| one["chosen"] == true));
}

#[test]
fn what_is_wrong_with_a_file_is_told_and_nothing_is_taken() {
    let own = whole();
    let (path, json) = export(&own);
    let other = Site::new();
    let told = |change: &dyn Fn(&mut Json)| {
        let mut json = json.clone();
        change(&mut json);
        std::fs::write(&path, json.to_string()).unwrap();
        let told = other.run(&["templates", "import", &path]);
        assert_eq!(told.code, USAGE, "{told:?}");
        told.diagnostics
    };
    assert!(told(&|json| json["format"] = json!("x")).contains("no file of templates"));
    assert!(told(&|json| json["version"] = json!(99)).contains("newer program"));
    assert!(told(&|json| json["templates"][2]["kind"] = json!("MAG")).contains("templates.2: \"MAG\" is no kind"));
    assert!(
        told(&|json| json["templates"][0]["parameters"]["TR"] = json!(1300))
            .contains("templates.0: parameters.TR: write a text")
    );
    assert!(told(&|json| json["templates"][0]["parameters"]["Project"] = Json::Null).contains("needs a name"));
    assert!(told(&|json| json["templates"][0]["parameters"]["Shims"] = json!("1")).contains("parameters.Shims"));
    assert!(
        told(&|json| json["templates"][0]["planes"] = json!([["ROW"]])).contains("PED_major, Matrix and PixelResol")
    );
    assert!(!other.store().exists());
    std::fs::write(&path, "{").unwrap();
    assert!(other.run(&["templates", "import", &path]).diagnostics.contains("templates.json: "));
}

#[test]
fn rules_are_exported_and_shown_where_they_are_missing() {
    use tieline_dicom_judge::rules::RuleSettings;
    let mut own = Site::new();
    own.image(
        "archive",
        &Image { session: "s", series: 1, number: 1, name: "T1w", kind: "ORIGINAL\\PRIMARY\\M", more: vec![] },
    );
    own.index(&[]);
    let tolerance = json!({"TE": 0.05, "BWP": "1%"}).as_object().unwrap().clone();
    let ignore = vec!["Comments".to_owned()];
    own.settings.rule =
        vec![RuleSettings { sequence: "*rest*".to_owned(), ignore, tolerance, ..RuleSettings::default() }];
    let (path, json) = export(&own);
    let rule = json!({"sequence": "*rest*", "ignore": ["Comments"], "tolerance": {"TE": 0.05, "BWP": "1%"}});
    assert_eq!(json["rules"], json!({"rule": [rule], "skip": [], "session": []}));
    assert_eq!(own.run(&["templates", "import", &path]).out, "", "they are in the configuration");
    let told = Site::new().run(&["templates", "import", &path]);
    let shown =
        "[[mr.rule]]\nsequence = \"*rest*\"\nignore = [\"Comments\"]\ntolerance = { TE = 0.05, BWP = \"1%\" }\n\n";
    assert!(told.code == WELL && told.out == shown, "{told:?}");
}
