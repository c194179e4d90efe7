//! The Kubernetes manifest of the README: its form, and that its command is one that the program takes.

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::server::{Server, paid};
use crate::support::{Folder, bare, ran};

const README: &str = include_str!("../../README.md");

/// The Job, of which Kubernetes' own types must know every key.
fn job() -> JobSpec {
    let blocks: Vec<&str> = README.split("```yaml\n").skip(1).collect();
    let [block] = blocks[..] else { panic!("{} manifests", blocks.len()) };
    let (yaml, _) = block.split_once("```").expect("its end");
    let mut unknown = Vec::new();
    let document = serde_yaml_ng::Deserializer::from_str(yaml);
    let job: Job = serde_ignored::deserialize(document, |key| unknown.push(key.to_string())).expect("a Job");
    assert_eq!(unknown, Vec::<String>::new());
    job.spec.expect("a spec")
}

fn pod(job: &JobSpec) -> (&PodSpec, &Container) {
    let pod = job.template.spec.as_ref().expect("a pod");
    let [container] = &pod.containers[..] else { panic!("{} containers", pod.containers.len()) };
    (pod, container)
}

#[test]
fn each_index_takes_its_part() {
    let job = job();
    assert_eq!(job.completion_mode.as_deref(), Some("Indexed"));
    let parts = job.completions.expect("completions");
    assert!(job.parallelism.expect("parallelism") <= parts);

    let server = Server::start(|_, _| paid());
    let lines: String = (0..40).map(|number| format!("A{number},t{number}\n")).collect();
    let folder = Folder::with(format!("order,token\n{lines}"));
    let (_, container) = pod(&job);
    let mut rows = Vec::new();
    for index in 0..parts {
        let arguments = container.args.as_ref().expect("arguments").iter().map(|argument| {
            let folder = folder.path("");
            let argument = argument.replace("/night/", folder.to_str().expect("a path"));
            argument.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
        });
        let mut program = bare();
        for variable in container.env.as_ref().expect("variables") {
            program.env(&variable.name, "from-the-secret");
        }
        ran(program.args(arguments).args(["--origin", &server.origin])).says(0, "Done");
        rows.extend(crate::support::rows(&folder.path(&format!("part-{index}.csv"))));
    }
    assert_eq!(rows.len(), 40, "the parts are as many as the completions");
}

#[test]
fn credentials_come_from_a_secret_and_the_pod_has_no_privileges() {
    let job = job();
    let (pod, container) = pod(&job);
    let env = container.env.as_ref().expect("variables");
    let names: Vec<&str> = env.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(names, ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"]);
    for variable in env {
        assert_eq!(variable.value, None);
        let source = variable.value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref()).expect("a secret");
        assert_eq!((source.name.as_str(), &source.key), ("ekolopay", &variable.name));
    }
    let security = pod.security_context.as_ref().expect("a security context");
    assert_eq!(security.run_as_non_root, Some(true));
    assert!(security.run_as_user.is_some_and(|user| user > 0));
    let security = container.security_context.as_ref().expect("a security context");
    assert_eq!(security.allow_privilege_escalation, Some(false));
    assert_eq!(security.read_only_root_filesystem, Some(true));
    assert!(container.resources.as_ref().is_some_and(|resources| resources.limits.is_some()));
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let job = job();
    let (pod, container) = pod(&job);
    assert_eq!(pod.restart_policy.as_deref(), Some("Never"), "what a pod failure policy needs");
    assert!(job.backoff_limit_per_index.is_some(), "what FailIndex needs");
    let rules = &job.pod_failure_policy.as_ref().expect("a policy").rules;
    let codes: Vec<_> = rules
        .iter()
        .filter_map(|rule| {
            let codes = rule.on_exit_codes.as_ref()?;
            assert_eq!((codes.container_name.as_deref(), codes.operator.as_str()), (Some(&*container.name), "In"));
            Some((rule.action.as_str(), codes.values.clone()))
        })
        .collect();
    // An unavailable gateway (3), a network that is down (4) and a file in use (5) are worth another try.
    assert_eq!(codes, [("FailIndex", vec![1]), ("FailJob", vec![2])]);

    // The README's table and the help name each code.
    let help = ran(bare().arg("--help")).out;
    for code in 0..=5 {
        assert!(README.contains(&format!("\n| {code} | ")) && help.contains(&format!("\n  {code}  ")), "{code}");
    }
}
