"""What each command of ./learn broker does."""

from course import console
from course.brokers import choose, probe, state
from course.errors import NotYet, WrongUse
from course.options import Options, wanted
from course.player.play import RESTARTED, RESTARTING


def status(options: Options) -> None:
    """`./learn broker`; NotYet if none is running."""
    output = console.make(options.plain)
    choice = choose.current(state.load(output.say), wanted(options))
    if choice is None:
        raise NotYet("no broker is running. Start one: ./learn broker up")
    output.out.print(str(choice), markup=False)
    if choice.broker.management is not None and choice.broker.capabilities.vhosts:
        url = choice.broker.management.base_url
        output.out.print(f"Management UI: {url}", markup=False)


def up(options: Options) -> None:
    """`./learn broker up`"""
    output = console.make(options.plain)
    output.out.print(str(choose.ensure(output.say, wanted(options))), markup=False)


def down(options: Options) -> None:
    """`./learn broker down`"""
    output = console.make(options.plain)
    stopped = choose.stop(output.say)
    for broker in stopped:
        output.out.print(f"Stopped the broker ({broker.provider}). Its durable data stays.")
    if not stopped:
        output.out.print("Nothing to stop: the course has started no broker.")


def restart(options: Options) -> None:
    """`./learn broker restart`"""
    output = console.make(options.plain)
    output.out.print(RESTARTING)
    choose.restart(output.say, wanted(options))
    output.out.print(RESTARTED)


def reset(options: Options, yes: bool) -> None:
    """`./learn broker reset`"""
    output = console.make(options.plain)
    if not yes:
        if not output.interactive:
            raise WrongUse("this deletes all queues and messages. To confirm: --yes")
        answer = output.out.input("Delete all queues and messages of the course's broker? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            raise NotYet("nothing was deleted.")
    stopped = choose.stop(output.say, erase=True)
    for broker in stopped:
        output.out.print(f"Stopped the broker ({broker.provider}) and deleted its data.")
    if not stopped:
        output.out.print("Nothing to delete: the course has started no broker.")


def logs(options: Options) -> None:
    """`./learn broker logs`"""
    output = console.make(options.plain)
    choice = choose.current(state.load(output.say), wanted(options))
    if choice is None or not isinstance(choice.broker, choose.Own):
        raise NotYet("the course runs no broker whose logs it could show.")
    choice.broker.logs()


def use(options: Options, name: str, url: str | None) -> None:
    """`./learn broker use NAME [URL]`"""
    output = console.make(options.plain)
    wish = choose.parse(name)
    if url is not None and wish != "url":
        raise WrongUse("a URL goes with: ./learn broker use url amqp://...")
    if url is not None:
        output.out.print(f"{probe.identify(url)} answers at {probe.redact(url)}.", markup=False)
    choose.use(wish, url, output.say)
    output.out.print(f"From now on: {wish}. See: ./learn broker", markup=False)
