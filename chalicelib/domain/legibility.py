"""How much a picture lets anybody tell of a face. What the provider does not say is not held against it."""

from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, View


def side_px(face: Face, view: View) -> float:
    """The shorter side of a face in a picture, in pixels."""
    return min(face.box.width * view.width, face.box.height * view.height)


def is_turned(face: Face, *, yaw_deg: float, pitch_deg: float) -> bool:
    """Whether it is turned to a side, or up or down, by more than this."""
    return face.pose is not None and (abs(face.pose.yaw) > yaw_deg or abs(face.pose.pitch) > pitch_deg)


def is_below(figure: float | None, least: float) -> bool:
    """Whether a figure of the provider's is known and less than this."""
    return figure is not None and figure < least


def is_dark(view: View, policy: Policy) -> bool:
    """Whether the picture is too dark to see much."""
    return view.mean < policy.dark_mean_below and view.highlight < policy.dark_highlight_below


def is_blurred(face: Face, view: View, policy: Policy, *, sharpness_from: float) -> bool:
    """By the provider's own measure of the face, or because nothing in the picture is sharp."""
    return view.sharpness < policy.sharpness_below or is_below(face.sharpness, sharpness_from)
