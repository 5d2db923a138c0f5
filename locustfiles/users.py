"""One user class per scenario; each iteration is the row of its scenario."""

from __future__ import annotations

from locust import task

from locustfiles.guest import Guest


class SmokeUser(Guest):
    """Does it work at all?"""

    scenario = "smoke"

    @task
    def iteration(self) -> None:
        """health, pause 1 s."""
        self.health()
        self.pause(1)


class LoadUser(Guest):
    """Are the objectives met at normal load?"""

    scenario = "load"

    @task
    def iteration(self) -> None:
        """health, pause; 60 % message; 40 % look-up; 30 % booking; 10 % metrics; pause."""
        self.health()
        self.pause(0.5)
        if self.chance(0.60):
            self.send_message()
        if self.chance(0.40):
            self.look_up_pms()
        if self.chance(0.30):
            self.book()
        if self.chance(0.10):
            self.scrape_metrics()
        self.pause(1, 3)


class StressUser(Guest):
    """Where does it break, does it recover?"""

    scenario = "stress"

    @task
    def iteration(self) -> None:
        """health; message; 50 % look-up; 40 % booking; short pause."""
        self.health()
        self.send_message()
        if self.chance(0.50):
            self.look_up_pms()
        if self.chance(0.40):
            self.book()
        self.pause(0, 0.5)


class SpikeUser(Guest):
    """Does it survive a burst?"""

    scenario = "spike"

    @task
    def iteration(self) -> None:
        """health; message; look-up; no pause."""
        self.health()
        self.send_message()
        self.look_up_pms()


class SoakUser(Guest):
    """Does latency or memory creep up over time?"""

    scenario = "soak"

    @task
    def iteration(self) -> None:
        """health; message; 30 % look-up; 20 % booking; 5 % admin; long pauses."""
        self.health()
        self.pause(1)
        self.send_message()
        self.pause(2)
        if self.chance(0.30):
            self.look_up_pms()
            self.pause(1)
        if self.chance(0.20):
            self.book()
            self.pause(2)
        if self.chance(0.05):
            self.administer()
        self.pause(3, 8)
