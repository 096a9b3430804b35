namespace Nex.Demo;

/// <summary>The host lacks something that the demo needs. The message says what, and how to get it.</summary>
internal sealed class RequirementException(string message) : Exception(message);
