//! The README: its session, and its Kubernetes manifest.

use ekolopay_sandbox::{Sandbox, Settlement};
use ekolopay_test_kit::command;
use ekolopay_test_kit::run::{assert_goes_as_written, run, shell};
use serde_yaml_ng::Value;

use crate::support::{Folder, PROGRAM, numbered, paid, server};

const README: &str = include_str!("../../README.md");

/// Each line runs in the folder.
fn assert_session(session: &str, folder: &Folder, origin: &str, tokens: &[(String, &str)]) {
    assert_goes_as_written(session, |line| {
        let out = run(shell(PROGRAM, origin, &format!("exec 2>&1; {line}")).current_dir(folder.path("")), "").out;
        // A busy machine may take longer.
        let out = out.replace(" in 1s; ", " in 0s; ");
        tokens.iter().fold(out, |out, (token, shown)| out.replace(token, shown))
    });
}

#[test]
fn the_sessions_go_as_written() {
    let sandbox = Sandbox::start().unwrap();
    let shown = ["cf72b35c0334e3487ae91ab1792d8929", "940d4e9aab5797e6055e1259b84a9875"];
    let tokens = shown.map(|shown| (sandbox.add_payment("Iphone S", 150_000), shown));
    sandbox.settle(&tokens[0].0, Settlement::Paid);
    let folder = Folder::new(format!("order,token\nA1,{}\nA2,{}\nA3,{:032}\n", tokens[0].0, tokens[1].0, 0));
    let session = README.split("```").find(|block| block.contains("$ cat orders.csv")).unwrap();
    assert_session(session, &folder, &sandbox.origin(), &tokens);
    let (wrong_key, paid) = (Sandbox::builder().secret_key("another").start().unwrap(), server(|_| paid()));
    for session in include_str!("sessions.md").split("```").skip(1).step_by(2) {
        let folder = Folder::new("");
        std::fs::remove_file(folder.path("orders.csv")).unwrap();
        let is_wrong_key = session.starts_with("console wrong-key");
        let origin = if is_wrong_key { wrong_key.origin() } else { paid.origin.clone() };
        assert_session(session, &folder, &origin, &[]);
    }
}

#[test]
fn the_manifest_runs_each_part_with_few_rights_and_knows_the_exit_codes() {
    let manifest = README.split_once("```yaml\n").and_then(|(_, rest)| rest.split("```").next()).unwrap();
    let job: Value = serde_yaml_ng::from_str(manifest).unwrap();
    let pod = &job["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let parts = job["spec"]["completions"].as_u64().unwrap();

    let server = server(|_| paid());
    let folder = Folder::new(numbered(40));
    let mut found = Vec::new();
    for index in 0..parts {
        let mut program = command(PROGRAM);
        for argument in container["args"].as_sequence().unwrap() {
            let argument = argument.as_str().unwrap().replace("/night/", folder.path("").to_str().unwrap());
            program.arg(argument.replace("$(JOB_COMPLETION_INDEX)", &index.to_string()));
        }
        for variable in container["env"].as_sequence().unwrap() {
            assert_eq!(variable["valueFrom"]["secretKeyRef"]["key"], variable["name"]);
            program.env(variable["name"].as_str().unwrap(), "from-the-secret");
        }
        run(program.args(["--origin", &server.origin]), "").says(0, "Done");
        found.extend(folder.rows_of(&format!("part-{index}.csv")));
    }
    assert_eq!(found.len(), 40, "there are as many parts as completions");

    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(pod["restartPolicy"], "Never", "a pod failure policy needs it");
    // 3 (unavailable), 4 (no usable answer) and 5 (this machine) are worth another try.
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_sequence().unwrap();
    let by_code: Vec<_> = rules.iter().filter(|rule| rule["onExitCodes"]["operator"] == "In").collect();
    let by_code = by_code.iter().map(|rule| (rule["action"].as_str().unwrap(), &rule["onExitCodes"]["values"]));
    let values = |text| serde_yaml_ng::from_str::<Value>(text).unwrap();
    assert_eq!(by_code.collect::<Vec<_>>(), [("FailIndex", &values("[1, 6]")), ("FailJob", &values("[2]"))]);
}
