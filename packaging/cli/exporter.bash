# shellcheck shell=bash
# Made by packaging/from_help.py.
_exporter() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  # bash breaks --flag=value into three words.
  [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
  if [[ $current == = ]]; then current=''; fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in check|collect|collectors|healthcheck) command=$word ;; esac
  done
  local words=''
  case $before in
    --config)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    --web.listen-address|--web.telemetry-path|--collector) return ;;
    --log.level) words='debug info warn error' ;;
    --log.format) words='logfmt json' ;;
    *)
      words='--help -h --config --web.listen-address --web.telemetry-path --log.level
        --log.format --version'
      case $command in
        '') words+=' check collect collectors healthcheck' ;;
        check) words+=' --connect' ;;
        collect) words+=' --collector' ;;
      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _exporter exporter
