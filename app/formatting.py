"""Numbers and times as text for people."""


def count(number: int, noun: str) -> str:
    """Format a count: ``1 article``, ``1,200 articles``."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def left(seconds: float, share: float) -> str:
    """Format the time left after ``share`` of it took ``seconds``; empty if nothing is done."""
    if share <= 0:
        return ""
    rest = seconds * (1 - share) / share
    amount, unit = (rest / 60, "minute") if rest > 90 else (rest, "second")
    return f"about {count(max(1, round(amount)), unit)} left"
