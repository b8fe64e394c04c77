# Loaded by bash-completion when rk-inspect is first completed: the program prints its own script.
eval "$(rk-inspect completion bash)"
