fn main() -> std::process::ExitCode {
    pledgepost::cli::main()
}
