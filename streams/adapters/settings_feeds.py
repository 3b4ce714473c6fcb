"""The settings of the feeds: keys and addresses that providers of market data give out."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class FeedSettings(BaseSettings):
    """A part of `Settings`; each provider's own variable names, as its users have them set."""

    polygon_api_key: SecretStr | None = Field(default=None, validation_alias="POLYGON_API_KEY")
    """The key of `tapedeck feed polygon`."""
    finage_api_key: SecretStr | None = Field(default=None, validation_alias="FINAGE_API_KEY")
    """The socket key of `tapedeck feed finage`."""
    finage_url: str | None = Field(default=None, validation_alias="FINAGE_URL")
    """The WebSocket URL that Finage shows in the dashboard: each customer has one."""
    alphavantage_api_key: SecretStr | None = Field(
        default=None, validation_alias="ALPHAVANTAGE_API_KEY"
    )
    """The key of `tapedeck feed alphavantage`."""
    fmp_api_key: SecretStr | None = Field(default=None, validation_alias="FMP_API_KEY")
    """The key of `tapedeck feed fmp`."""
