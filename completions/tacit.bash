# SPDX-License-Identifier: Apache-2.0
# bash completion for tacit(1)

_tacit_files()
{
    local pattern=$1 name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        # shellcheck disable=SC2053 # a pattern, not a word
        if [[ -d $name || $name == $pattern ]]; then
            COMPREPLY+=("$name")
        fi
    done < <(compgen -f -- "$cur")
}

# Names of models are the first words of the list's lines.
_tacit_model()
{
    if ((COMP_CWORD == 2)); then
        mapfile -t COMPREPLY < <(compgen -W "list show fetch import" -- "$cur")
        return
    fi
    case ${COMP_WORDS[2]} in
    show | fetch)
        local names
        names=$(tacit model list 2>/dev/null | sed -n '2,$s/ .*//p')
        mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
        [[ ${COMP_WORDS[2]} == fetch ]] || _tacit_files '*.gguf'
        ;;
    import) _tacit_files '*.gguf' ;;
    esac
}

# Tools that measure: their own options, names of models, files.
_tacit_measure()
{
    local options
    case ${COMP_WORDS[1]} in
    eval) options="--peer --window --stride --rolling --convention --first-token --limit --json --csv --threads
        --cpu --quiet --help" ;;
    select) options="--method --measure --budget --field --lines --model --similarity --seed --explain --skip-broken
        --output --force --threads --quiet --help" ;;
    rank) options="--window --stride --limit --rounds --json --threads --quiet --help" ;;
    surprise) options="--model --compare --html --force --limit --window --color --threads --quiet --help" ;;
    anomalies) options="--top --quantile --warm-up --field --skip-broken --model --threads --quiet --help" ;;
    report) options="--output --force --title --skip-broken --quiet --help" ;;
    detect) options="--model --field --label --lines --min-k --skip-broken --threads --quiet --help" ;;
    esac
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --method ]]; then
        mapfile -t COMPREPLY < <(compgen -W "zip surprise dedup random" -- "$cur")
    elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --measure ]]; then
        mapfile -t COMPREPLY < <(compgen -W "fast zstd context" -- "$cur")
    elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --convention ]]; then
        mapfile -t COMPREPLY < <(compgen -W "windows rolling lm-eval llama-perplexity hkust" -- "$cur")
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    else
        _tacit_files '*'
        local names
        names=$(tacit model list 2>/dev/null | sed -n '2,$s/ .*//p')
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$names" -- "$cur")
    fi
}

_tacit()
{
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="compress decompress test list cat recover bench"
    local common="--force --quiet --verbose --threads --memory --model --cpu --help --version"
    local tools="eval rank surprise select anomalies detect report"
    local command=compress word
    COMPREPLY=()

    if [[ ${COMP_WORDS[1]} == model && $COMP_CWORD -gt 1 ]]; then
        _tacit_model
        return
    fi
    if [[ " $tools " == *" ${COMP_WORDS[1]} "* && $COMP_CWORD -gt 1 ]]; then
        _tacit_measure
        return
    fi
    if [[ " $commands " == *" ${COMP_WORDS[1]} "* ]]; then
        command=${COMP_WORDS[1]}
    else
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
            case $word in
            --decompress | -[!-]*d* | -d*) command="decompress" ;;
            --test | -[!-]*t* | -t*) command="test" ;;
            --list | -[!-]*l* | -l*) command="list" ;;
            esac
        done
    fi

    case $previous in
    -o | --output)
        _tacit_files '*'
        return
        ;;
    -T | --threads)
        mapfile -t COMPREPLY < <(compgen -W "0 1 2 4 8 16" -- "$cur")
        return
        ;;
    -M | --memory | --block-size)
        mapfile -t COMPREPLY < <(compgen -W "1M 4M 16M 64M 256M 1G" -- "$cur")
        return
        ;;
    --levels)
        mapfile -t COMPREPLY < <(compgen -W "1-9 1 2 3 4 5 6 7 8 9" -- "$cur")
        return
        ;;
    --cpu)
        mapfile -t COMPREPLY < <(compgen -W "scalar avx2 avx2,avx512 neon" -- "$cur")
        return
        ;;
    --range)
        return
        ;;
    esac

    if [[ $cur == -* ]]; then
        local options=$common
        case $command in
        compress) options+=" --compress --decompress --test --list --stdout --output --keep --rm
            --block-size --verify --fast --no-model --streams --context --mix -1 -2 -3 -4 -5 -6 -7 -8 -9" ;;
        decompress) options+=" --stdout --output --keep --rm" ;;
        list) options="--json --quiet --verbose --help" ;;
        cat) options+=" --range --output --stdout" ;;
        recover) options+=" --output --stdout" ;;
        bench) options+=" --levels --json --block-size -1 -2 -3 -4 -5 -6 -7 -8 -9" ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        return
    fi

    case $command in
    compress | bench) _tacit_files '*' ;;
    *) _tacit_files '*.tct' ;;
    esac
    if ((COMP_CWORD == 1)); then
        local found
        mapfile -t found < <(compgen -W "$commands model $tools" -- "$cur")
        COMPREPLY+=("${found[@]}")
    fi
}

complete -F _tacit tacit
