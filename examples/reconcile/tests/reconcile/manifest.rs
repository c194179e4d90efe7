//! The Kubernetes manifest of the README.

use ekolopay_test_kit::command;
use serde_yaml_ng::Value;

use crate::support::{Folder, PROGRAM, numbered, paid, rows, run, server};

const README: &str = include_str!("../../README.md");

/// The spec of the Job, that of its pod, and the container.
fn manifest() -> (Value, Value, Value) {
    let blocks: Vec<&str> = README.split("```yaml\n").skip(1).collect();
    let [block] = blocks[..] else { panic!("{} manifests", blocks.len()) };
    let (yaml, _) = block.split_once("```").unwrap();
    let document: Value = serde_yaml_ng::from_str(yaml).unwrap();
    assert_eq!((&document["apiVersion"], &document["kind"]), (&"batch/v1".into(), &"Job".into()));
    let (job, pod) = (&document["spec"], &document["spec"]["template"]["spec"]);
    let [container] = &pod["containers"].as_sequence().unwrap()[..] else { panic!("more than one container") };
    (job.clone(), pod.clone(), container.clone())
}

#[test]
fn each_index_checks_its_part() {
    let (job, _, container) = manifest();
    assert_eq!(job["completionMode"], "Indexed");
    let parts = job["completions"].as_u64().unwrap();
    assert!(job["parallelism"].as_u64().unwrap() <= parts);

    let server = server(|_| paid());
    let folder = Folder::new(numbered(40));
    let mut found = Vec::new();
    for index in 0..parts {
        let arguments = container["args"].as_sequence().unwrap().iter().map(|argument| {
            let argument = argument.as_str().unwrap().replace("/night/", folder.path("").to_str().unwrap());
            argument.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
        });
        let mut program = command(PROGRAM);
        for variable in container["env"].as_sequence().unwrap() {
            program.env(variable["name"].as_str().unwrap(), "from-the-secret");
        }
        run(program.args(arguments).args(["--origin", &server.origin])).says(0, "Done");
        found.extend(rows(&folder.path(&format!("part-{index}.csv"))));
    }
    assert_eq!(found.len(), 40, "there are as many parts as completions");
}

#[test]
fn credentials_come_from_a_secret_and_the_pod_has_no_privileges() {
    let (_, pod, container) = manifest();
    let from_secret = |name| format!("{{name: {name}, valueFrom: {{secretKeyRef: {{name: ekolopay, key: {name}}}}}}}");
    let env = ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"].map(from_secret).join(",");
    assert_eq!(container["env"], serde_yaml_ng::from_str::<Value>(&format!("[{env}]")).unwrap());
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert!(pod["securityContext"]["runAsUser"].as_u64().unwrap() > 0);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert!(container["resources"]["limits"]["memory"].is_string());
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let (job, pod, container) = manifest();
    assert_eq!(pod["restartPolicy"], "Never", "a pod failure policy needs it");
    assert!(job["backoffLimitPerIndex"].is_u64(), "FailIndex needs it");
    let rules = job["podFailurePolicy"]["rules"].as_sequence().unwrap().iter();
    let by_code = rules.filter_map(|rule| {
        let codes = rule.get("onExitCodes")?;
        assert_eq!((&codes["containerName"], &codes["operator"]), (&container["name"], &"In".into()));
        Some((rule["action"].as_str()?, codes["values"].as_sequence()?.clone()))
    });
    // 3 (unavailable), 4 (no usable answer) and 5 (a file in use) are worth another try.
    let expected = [("FailIndex", vec![1.into(), 6.into()]), ("FailJob", vec![2.into()])];
    assert_eq!(by_code.collect::<Vec<_>>(), expected);

    // The README and the help name each code.
    let help = run(command(PROGRAM).arg("--help")).out;
    for code in 0..=6 {
        assert!(README.contains(&format!("\n| {code} | ")) && help.contains(&format!("\n  {code}  ")), "{code}");
    }
}
