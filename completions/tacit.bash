# SPDX-License-Identifier: Apache-2.0
# bash completion for tacit(1). Commands, options and the choices of their values are read from
# `tacit --help` and `tacit COMMAND --help`, which follow from the command's tables.

_tacit_help()
{
    "${COMP_WORDS[0]}" "$@" --help 2>/dev/null
}

_tacit_commands()
{
    _tacit_help | sed -nE 's/^  (-[a-z]|  )  ([a-z]+) .*/\2/p'
}

_tacit_options()
{
    _tacit_help "$@" | sed -nE 's/^  (-., |    )(--[a-z-]+).*/\2/p; s/^  -1 \.\.\. -9 .*/-1 -2 -3 -4 -5 -6 -7 -8 -9/p'
}

# The actions of a command that has some.
_tacit_actions()
{
    _tacit_help "$1" | sed -nE "s/.*tacit $1 ([a-z]+) .*/\1/p" | sort -u
}

# What the help of the first of the commands that has an option, by name or letter, calls its value. A command may be
# one with its action.
_tacit_value()
{
    local option=$1 command
    shift
    for command in "$@"; do
        # shellcheck disable=SC2086 # words of the command
        _tacit_help $command
    done | sed -nE "s/^  (-., |    )(--[a-z-]+) ([A-Za-z0-9:|-]+)( .*|$)/\\1\\2 \\3/p" |
        sed -nE "/(^| )$option[, ]/{s/.* //p;q}"
}

_tacit_offer()
{
    local offered
    mapfile -t offered < <(compgen -W "$1" -- "$cur")
    COMPREPLY+=("${offered[@]}")
}

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
_tacit_models()
{
    _tacit_offer "$("${COMP_WORDS[0]}" model list 2>/dev/null | sed -n '2,$s/ .*//p')"
}

# The value of the option before; false if that takes none, or one that nothing is known of.
_tacit_complete_value()
{
    local value
    value=$(_tacit_value "$1" "${@:2}")
    case $1:$value in
    -m:* | --model:* | --compare:* | *:MODEL)
        _tacit_models
        _tacit_files '*'
        ;;
    *:FILE | *:PAGE | *:LIST) _tacit_files '*' ;;
    *:FOLDER) _tacit_files '' ;;
    *:LIMIT | *:SIZE) _tacit_offer "64K 1M 4M 16M 64M 256M 1G" ;;
    *:A-B) _tacit_offer "1-9 1 2 3 4 5 6 7 8 9" ;;
    *:FEATURES) _tacit_offer "scalar avx2 avx2,avx512 neon" ;;
    *:*\|*) _tacit_offer "${value//|/ }" ;;
    *:) return 1 ;;
    esac
}

# What follows a command and its action.
_tacit_complete_action()
{
    local command=$1 action=${COMP_WORDS[2]}
    if ((COMP_CWORD == 2)); then
        _tacit_offer "$(_tacit_actions "$command")"
        return
    fi
    if [[ $previous == -?* ]] && _tacit_complete_value "$previous" "$command $action"; then
        return
    fi
    if [[ $cur == -* ]]; then
        _tacit_offer "$(_tacit_options "$command" "$action")"
        return
    fi
    case $action in
    show | quantize | prune | recover | distil)
        _tacit_models
        _tacit_files '*.tmodel'
        ;;
    fetch) _tacit_models ;;
    export | prime)
        _tacit_models
        _tacit_files '*'
        ;;
    import) _tacit_files '*.gguf' ;;
    *) _tacit_files '*' ;;
    esac
}

# The command that -d, -t or -l choose where none is named.
_tacit_chosen()
{
    local word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        --decompress | -[!-]*d* | -d*) echo decompress ;;
        --test | -[!-]*t* | -t*) echo test ;;
        --list | -[!-]*l* | -l*) echo list ;;
        esac
    done | tail -n 1
}

_tacit()
{
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands command=''
    COMPREPLY=()
    commands=$(_tacit_commands)
    if ((COMP_CWORD > 1)) && [[ $'\n'$commands$'\n' == *$'\n'${COMP_WORDS[1]}$'\n'* ]]; then
        command=${COMP_WORDS[1]}
    fi
    if [[ $command == model || $command == train ]]; then
        _tacit_complete_action "$command"
        return
    fi
    [[ -n $command ]] || command=$(_tacit_chosen)
    local likely=${command:-compress bench cat}
    # shellcheck disable=SC2086 # one word a command
    if [[ $previous == -?* ]] && _tacit_complete_value "$previous" $likely; then
        return
    fi
    if [[ $cur == -* ]]; then
        _tacit_offer "$(_tacit_options "${command:-compress}")"
        [[ -n $command ]] || _tacit_offer "--compress --decompress --test --list"
        return
    fi
    case $command in
    decompress | test | list | cat | recover) _tacit_files '*.tct' ;;
    eval | rank | inspect)
        _tacit_models
        _tacit_files '*'
        ;;
    *) _tacit_files '*' ;;
    esac
    if ((COMP_CWORD == 1)); then
        _tacit_offer "$commands"
    fi
}

complete -F _tacit tacit
