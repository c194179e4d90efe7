//! The Job of Kubernetes: its arguments are run, and its policy knows the exit codes.

use serde_yaml_ng::Value;

use crate::support::{Folder, HEADER, PROGRAM, merchant, numbered, paid, run, server};

#[test]
fn the_job_runs_each_part_into_an_output_with_its_name() {
    let job: Value = serde_yaml_ng::from_str(include_str!("../../deploy/reconcile-job.yaml")).unwrap();
    let pod = &job["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let (server, folder) = (server(|_| paid()), Folder::new(numbered(40)));
    let parts = job["spec"]["completions"].as_u64().unwrap();
    let mut found = String::new();
    // A part that is done is done when it is tried again.
    for (index, before) in (0..parts).flat_map(|index| [(index, false), (index, true)]) {
        let mut program = merchant(PROGRAM, &server.origin);
        for argument in container["args"].as_sequence().unwrap() {
            let argument = argument.as_str().unwrap().replace("/night/", folder.path("").to_str().unwrap());
            let argument = argument.replace("$(JOB_COMPLETION_INDEX)", &index.to_string());
            program.arg(argument.replace("$(JOB_NAME)", "ekolopay-reconcile-x7k2p"));
        }
        run(program, "").says(0, "Done: ");
        if before {
            let output = folder.path(&format!("ekolopay-reconcile-x7k2p-{index}.csv"));
            found += std::fs::read_to_string(output).unwrap().strip_prefix(HEADER).unwrap();
        }
    }
    assert_eq!((found.lines().count(), server.calls().len()), (40, 40), "there are as many parts as completions");

    assert_eq!((&job["spec"]["completionMode"], &pod["restartPolicy"]), (&"Indexed".into(), &"Never".into()));
    // 4 (no usable answer) and 5 (this machine) are worth another try.
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_sequence().unwrap();
    let by_code = rules.iter().filter(|rule| rule["onExitCodes"]["operator"] == "In");
    let by_code: Vec<_> =
        by_code.map(|rule| (rule["action"].as_str().unwrap(), rule["onExitCodes"]["values"][0].as_u64())).collect();
    assert_eq!(by_code, [("FailIndex", Some(1)), ("FailJob", Some(2))]);
}
